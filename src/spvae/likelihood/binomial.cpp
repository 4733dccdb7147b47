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

int trials_of(const PixelDistribution& p) {
  return likelihood_info(p.config.kind).values(p.config) - 1;
}

double logit_of(const PixelDistribution& p) {
  return std::clamp(p.heads[0], -kLogitLimit, kLogitLimit);
}

// Computed once, because lgamma() writes the sign of the gamma function to a global: threads that
// call it race.
double log_factorial(int n) {
  static const std::array<double, kTrials + 1> logs = [] {
    std::array<double, kTrials + 1> table{};
    for (int i = 0; i <= kTrials; ++i) table[i] = std::lgamma(i + 1.0);
    return table;
  }();
  return logs[n];
}

double log_coefficient(int trials, int v) {
  return log_factorial(trials) - log_factorial(v) - log_factorial(trials - v);
}

PixelLogLikelihood log_likelihood(const PixelDistribution& p, double x,
                                  const PixelGradient& gradient) {
  const int trials = trials_of(p);
  const int v = value_of(x, trials + 1);
  const double logit = logit_of(p);
  if (!gradient.heads.empty()) {
    gradient.heads[0] =
        std::abs(p.heads[0]) > kLogitLimit ? 0 : gradient.scale * (v - trials * sigmoid(logit));
  }
  const double coefficient = log_coefficient(trials, v);
  const double normaliser = trials * softplus(logit);
  return {.value = coefficient + v * logit - normaliser,
          .magnitude = std::abs(coefficient) + std::abs(v * logit) + normaliser};
}

// The smallest v with P(V ≤ v) > u, for p ≤ 1/2: there (1 − p)^255 is far from underflow.
int lower_quantile(int trials, double p, double u) {
  const double odds = p / (1 - p);
  double mass = std::exp(trials * std::log1p(-p));
  double below = mass;
  int v = 0;
  while (below <= u && v < trials) {
    mass *= odds * (trials - v) / (v + 1);
    below += mass;
    ++v;
  }
  return v;
}

double draw(const PixelDistribution& p, const RandomAddress& address, std::uint32_t pixel) {
  const double f = logit_of(p);
  const double u = open_uniform(address, pixel);
  const int trials = trials_of(p);
  const int v = f <= 0 ? lower_quantile(trials, sigmoid(f), u)
                       : trials - lower_quantile(trials, sigmoid(-f), 1 - u);
  return static_cast<double>(v) / trials;
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
      .log_constant = [](int v) { return log_coefficient(kTrials, v); },
  };
}

}  // namespace spvae
