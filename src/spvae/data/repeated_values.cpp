#include "spvae/data/repeated_values.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace spvae {
namespace {

/// Calls visit(variable, value) for what is observed of every `step`-th image.
template <class Visit>
void for_each_observed(const ImageSet& images, std::size_t step, const Visit& visit) {
  const auto variables = static_cast<std::size_t>(images.variables());
  for (std::size_t first = 0; first < images.values.size(); first += step * variables) {
    for (std::size_t v = 0; v < variables; ++v) {
      if (images.observed.empty() || images.observed[first + v] != 0) {
        visit(v, images.values[first + v]);
      }
    }
  }
}

/// By the majority vote of Boyer and Moore, then counted.
int count_constants(const ImageSet& images) {
  struct Vote {
    float candidate = 0;
    int lead = 0;
    int of_candidate = 0;
    int all = 0;
  };
  std::vector<Vote> votes(static_cast<std::size_t>(images.variables()));
  for_each_observed(images, 1, [&votes](std::size_t v, float value) {
    Vote& vote = votes[v];
    if (vote.lead == 0) vote.candidate = value;
    vote.lead += vote.candidate == value ? 1 : -1;
  });
  for_each_observed(images, 1, [&votes](std::size_t v, float value) {
    ++votes[v].all;
    votes[v].of_candidate += votes[v].candidate == value ? 1 : 0;
  });
  constexpr int kTimes = 3;
  return static_cast<int>(std::ranges::count_if(votes, [](const Vote& vote) {
    return vote.of_candidate >= kTimes && 2 * vote.of_candidate > vote.all;
  }));
}

double repeated_share(const ImageSet& images) {
  constexpr std::size_t kEnough = std::size_t{1} << 20;
  // Two of many floats are equal by chance; three hardly ever.
  constexpr std::ptrdiff_t kTimes = 3;
  std::vector<float> sorted;
  for_each_observed(images, images.values.size() / kEnough + 1,
                    [&sorted](std::size_t, float value) { sorted.push_back(value); });
  if (sorted.empty()) return 0;
  std::ranges::sort(sorted);
  std::ptrdiff_t repeated = 0;
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::upper_bound(first, sorted.end(), *first);
    if (last - first >= kTimes) repeated += last - first;
    first = last;
  }
  return static_cast<double>(repeated) / static_cast<double>(sorted.size());
}

}  // namespace

RepeatedValues repeated_values(const ImageSet& images) {
  return {.constants = count_constants(images), .share = repeated_share(images)};
}

}  // namespace spvae
