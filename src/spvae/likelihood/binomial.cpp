#include "spvae/likelihood/binomial.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "spvae/core/sigmoid.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/likelihood/open_uniform.h"

namespace spvae {
namespace {

constexpr int kTrials = 255;
constexpr double kLogitLimit = 16.118;

double logit_of(const PixelDistribution& p) {
  return std::clamp(p.heads[0], -kLogitLimit, kLogitLimit);
}

// Computed once, because lgamma() writes the sign of the gamma function to a global: threads that
// call it race.
double log_factorial(int n) {
  static const std::array<double, kTrials + 1> kTable = [] {
    std::array<double, kTrials + 1> table{};
    for (int i = 0; i <= kTrials; ++i) table[i] = std::lgamma(i + 1.0);
    return table;
  }();
  return kTable[n];
}

double log_coefficient(int v) {
  return log_factorial(kTrials) - log_factorial(v) - log_factorial(kTrials - v);
}

PixelLogLikelihood log_likelihood(const PixelDistribution& p, double x,
                                  const PixelGradient& gradient) {
  const int v = value_of(x, kTrials + 1);
  const double logit = logit_of(p);
  if (!gradient.heads.empty()) {
    gradient.heads[0] =
        std::abs(p.heads[0]) > kLogitLimit ? 0 : gradient.scale * (v - kTrials * sigmoid(logit));
  }
  const double coefficient = log_coefficient(v);
  const double normaliser = kTrials * softplus(logit);
  return {.value = coefficient + v * logit - normaliser,
          .magnitude = std::abs(coefficient) + std::abs(v * logit) + normaliser};
}

// The smallest v with P(V ≤ v) > u, for p ≤ 1/2: there (1 − p)^255 is far from underflow.
int lower_quantile(double p, double u) {
  const double odds = p / (1 - p);
  double mass = std::exp(kTrials * std::log1p(-p));
  double below = mass;
  int v = 0;
  while (below <= u && v < kTrials) {
    mass *= odds * (kTrials - v) / (v + 1);
    below += mass;
    ++v;
  }
  return v;
}

double draw(const PixelDistribution& p, const RandomAddress& address, std::uint32_t pixel) {
  const double f = logit_of(p);
  const double u = open_uniform(address, pixel);
  const int v =
      f <= 0 ? lower_quantile(sigmoid(f), u) : kTrials - lower_quantile(sigmoid(-f), 1 - u);
  return static_cast<double>(v) / kTrials;
}

double mean(const PixelDistribution& p) { return sigmoid(logit_of(p)); }

}  // namespace

LikelihoodInfo binomial_likelihood() {
  return {
      .name = "binomial",
      .pixels = "8-bit pixels",
      .heads = [](const LikelihoodConfig&) { return std::vector<LikelihoodHead>{{"logit"}}; },
      .values = [](const LikelihoodConfig&) { return kTrials + 1; },
      .log_likelihood = log_likelihood,
      .draw = draw,
      .mean = mean,
      .log_constant = log_coefficient,
  };
}

}  // namespace spvae
