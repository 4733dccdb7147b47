#include "spvae/likelihood/logistic.h"

#include <algorithm>
#include <cmath>

#include "spvae/core/sigmoid.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/likelihood/logistic_bin.h"
#include "spvae/likelihood/open_uniform.h"

namespace spvae {
namespace {

constexpr int kMaxValue = 255;
constexpr double kHalfBin = 0.5 / kMaxValue;

PixelLogLikelihood log_likelihood(const PixelDistribution& p, double x,
                                  const PixelGradient& gradient) {
  const int v = value_of(x, kMaxValue + 1);
  const double centre = static_cast<double>(v) / kMaxValue;
  const LogisticBin bin{.lower = centre - kHalfBin,
                        .upper = centre + kHalfBin,
                        .width = 2 * kHalfBin,
                        .is_first = v == 0,
                        .is_last = v == kMaxValue};
  const LogisticTerm term = logistic_term(bin, p.heads[0], p.heads[1]);
  if (!gradient.heads.empty()) {
    gradient.heads[0] = gradient.scale * term.grad_location;
    gradient.heads[1] = gradient.scale * term.grad_scale;
  }
  return {.value = term.value, .magnitude = term.magnitude};
}

double draw(const PixelDistribution& p, const RandomAddress& address, std::uint32_t pixel) {
  const double x = logistic_quantile(open_uniform(address, pixel), p.heads[0], p.heads[1]);
  // Rounding is the bins' half width; clamping gives the ends their tails.
  return std::rint(std::clamp(kMaxValue * x, 0.0, 1.0 * kMaxValue)) / kMaxValue;
}

// E[V] = Σ_{v ≥ 1} P(V ≥ v), and P(V ≥ v) is the logistic's upper tail at v's lower edge.
double mean(const PixelDistribution& p) {
  const double a = inverse_scale(p.heads[1]);
  double sum = 0;
  for (int v = 1; v <= kMaxValue; ++v) sum += sigmoid(a * (p.heads[0] - (v - 0.5) / kMaxValue));
  return sum / kMaxValue;
}

}  // namespace

LikelihoodInfo logistic_likelihood() {
  return {
      .name = "logistic",
      .pixels = "8-bit pixels, discretised",
      .heads =
          [](const LikelihoodConfig&) {
            return std::vector<LikelihoodHead>{{"location"}, {"scale"}};
          },
      .values = [](const LikelihoodConfig&) { return kMaxValue + 1; },
      .log_likelihood = log_likelihood,
      .draw = draw,
      .mean = mean,
  };
}

}  // namespace spvae
