#include "step_parts.h"

#include <array>
#include <vector>

#include "spvae/core/median.h"
#include "stopwatch.h"

namespace spvae::bench {
namespace {

// In the order of StepPart.
constexpr std::array kNames = {"gather",          "leaves_forward", "importance", "circuit",
                               "leaves_backward", "finite_check",   "adam"};

}  // namespace

std::map<std::string, double> step_parts(Subject& subject, int count) {
  std::array<std::vector<double>, kNames.size()> seconds;
  for (int step = 0; step < count; ++step) {
    for (std::vector<double>& of_part : seconds) of_part.push_back(0);
    Stopwatch watch;
    subject.trainer.step(
        [&](StepPart part) { seconds.at(static_cast<std::size_t>(part)).back() += watch.lap(); });
  }
  std::map<std::string, double> medians;
  for (std::size_t part = 0; part < kNames.size(); ++part) {
    medians[kNames.at(part)] = median(seconds.at(part));
  }
  return medians;
}

}  // namespace spvae::bench
