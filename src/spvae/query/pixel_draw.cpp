#include "spvae/query/pixel_draw.h"

#include <algorithm>
#include <cmath>

#include "spvae/reference/likelihood_reference.h"

namespace spvae {
namespace {

constexpr int kMaxValue = 255;

// Uniform in the open interval (0, 1): the middles of 2^52 equal parts. 24 bits would cut the
// logistic's tails short.
double open_uniform(const RandomAddress& address, std::uint32_t pixel) {
  const std::uint64_t high = random_word(address, 2 * pixel) >> 6;
  const std::uint64_t low = random_word(address, 2 * pixel + 1) >> 6;
  return (static_cast<double>((high << 26) | low) + 0.5) * 0x1p-52;
}

// The smallest v with P(V ≤ v) > u, for p ≤ 1/2: there (1 − p)^255 is far from underflow.
int lower_binomial_quantile(double p, double u) {
  const double odds = p / (1 - p);
  double mass = std::exp(kMaxValue * std::log1p(-p));
  double below = mass;
  int v = 0;
  while (below <= u && v < kMaxValue) {
    mass *= odds * (kMaxValue - v) / (v + 1);
    below += mass;
    ++v;
  }
  return v;
}

int binomial_quantile(double logit, double u) {
  const double f = std::clamp(logit, -kLogitLimit, kLogitLimit);
  return f <= 0 ? lower_binomial_quantile(sigmoid(f), u)
                : kMaxValue - lower_binomial_quantile(sigmoid(-f), 1 - u);
}

double inverse_scale(double g) { return std::exp(std::min(2 - g, kLogInverseScaleLimit)); }

double gaussian_mean(const LeafConfig& config, double f) {
  return config.mean_link == MeanLink::kSigmoid ? sigmoid(f) : f;
}

}  // namespace

double draw_pixel(const LeafConfig& config, std::span<const double> heads,
                  const RandomAddress& address, std::uint32_t pixel) {
  switch (config.likelihood) {
    case Likelihood::kGaussian:
      return gaussian_mean(config, heads[0]) +
             random_normal(address, 2 * pixel) / std::sqrt(gaussian_precision(config, heads[1]));
    case Likelihood::kBinomial:
      return static_cast<double>(binomial_quantile(heads[0], open_uniform(address, pixel))) /
             kMaxValue;
    case Likelihood::kLogistic: {
      const double u = open_uniform(address, pixel);
      const double x = heads[0] + (std::log(u) - std::log1p(-u)) / inverse_scale(heads[1]);
      // Rounding is the bins' half width; clamping gives the ends their tails.
      return std::rint(std::clamp(kMaxValue * x, 0.0, 1.0 * kMaxValue)) / kMaxValue;
    }
  }
  return 0;  // not reached: every likelihood returns above
}

double mean_pixel(const LeafConfig& config, std::span<const double> heads) {
  switch (config.likelihood) {
    case Likelihood::kGaussian:
      return gaussian_mean(config, heads[0]);
    case Likelihood::kBinomial:
      return sigmoid(std::clamp(heads[0], -kLogitLimit, kLogitLimit));
    case Likelihood::kLogistic: {
      // E[V] = Σ_{v ≥ 1} P(V ≥ v), and P(V ≥ v) is the logistic's upper tail at v's lower edge.
      const double a = inverse_scale(heads[1]);
      double sum = 0;
      for (int v = 1; v <= kMaxValue; ++v) sum += sigmoid(a * (heads[0] - (v - 0.5) / kMaxValue));
      return sum / kMaxValue;
    }
  }
  return 0;  // not reached: every likelihood returns above
}

}  // namespace spvae
