#include "spvae/reference/likelihood_reference.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <numbers>

namespace spvae {

namespace {

bool is_bounded(const LeafConfig& config, double g) {
  return config.max_precision > 0 && 1 + g * g >= config.max_precision;
}

// N(x; mean, 1 / (1 + g²)): log p = ½ log(1 + g²) − ½ (1 + g²)(x − mean)² − ½ log 2π, where mean =
// σ(f) or f. From the bound of 1 + g² on the precision no longer depends on g.
PixelLogLikelihood gaussian(const LeafConfig& config, double x, double f, double g) {
  const bool has_sigmoid = config.mean_link == MeanLink::kSigmoid;
  const double mean = has_sigmoid ? sigmoid(f) : f;
  const double grad_link = has_sigmoid ? mean * sigmoid(-f) : 1;
  const double precision = gaussian_precision(config, g);
  const double error = x - mean;
  const double grad_g = is_bounded(config, g) ? 0 : g / precision - g * error * error;

  const double log_precision =
      0.5 * std::log1p(is_bounded(config, g) ? config.max_precision - 1 : g * g);
  const double quadratic = 0.5 * precision * error * error;
  const double normaliser = 0.5 * std::log(2 * std::numbers::pi);
  return {.value = log_precision - quadratic - normaliser,
          .magnitude = log_precision + quadratic + normaliser,
          .grad_heads = {precision * error * grad_link, grad_g}};
}

// log n! for n in 0 … 255.
const std::array<double, 256>& log_factorials() {
  static const std::array<double, 256> table = [] {
    std::array<double, 256> result{};
    for (std::size_t n = 1; n < result.size(); ++n) {
      result[n] = result[n - 1] + std::log(static_cast<double>(n));
    }
    return result;
  }();
  return table;
}

double log_binomial_coefficient(double v) {
  const auto successes = static_cast<std::size_t>(v);
  const auto& factorials = log_factorials();
  return factorials[255] - factorials[successes] - factorials[255 - successes];
}

// Binomial(255, σ(f)): log p = log C(255, v) + v·f − 255·softplus(f), with f clamped.
PixelLogLikelihood binomial(double v, double f) {
  const double logit = std::clamp(f, -kLogitLimit, kLogitLimit);
  const double log_binomial = log_binomial_coefficient(v);
  const double normaliser = 255 * softplus(logit);
  const double grad = std::abs(f) > kLogitLimit ? 0 : v - 255 * sigmoid(logit);
  return {.value = log_binomial + v * logit - normaliser,
          .magnitude = std::abs(log_binomial) + std::abs(v * logit) + normaliser,
          .grad_heads = {grad, 0}};
}

// log(1 − e⁻ᵗ) for t = exp(log_t), exact at both ends, also where t underflows.
double log_one_minus_exp(double log_t) {
  const double t = std::exp(log_t);
  if (t > std::numbers::ln2) return std::log1p(-std::exp(-t));
  return t > 0 ? log_t + std::log(-std::expm1(-t) / t) : log_t;
}

// A logistic distribution with location f and inverse scale a = exp(min(2 − g, 8)), its mass in the
// bin x ± h. With u = a(x − f + h) and l = a(x − f − h) the mass is σ(u) − σ(l), and the outer bins
// reach to infinity: log p = log σ(u) for v = 0, log σ(−l) for v = 255, else log σ(u) + log σ(−l) +
// log(1 − e^(−2ah)), since σ(u) − σ(l) = σ(u) σ(−l) (1 − e^(l − u)).
PixelLogLikelihood logistic(double v, double f, double g) {
  constexpr double kHalfBin = 1.0 / 510;
  const double x = v / 255;
  const double log_a = std::min(2 - g, kLogInverseScaleLimit);
  const double a = std::exp(log_a);
  const double grad_log_a_g = 2 - g > kLogInverseScaleLimit ? 0 : -1;
  const double upper = x - f + kHalfBin;
  const double lower = x - f - kHalfBin;

  PixelLogLikelihood result;
  double grad_f = 0;
  double grad_log_a = 0;
  if (v < 255) {
    const double term = -softplus(-a * upper);
    result.value += term;
    result.magnitude += std::abs(term);
    grad_f -= a * sigmoid(-a * upper);
    grad_log_a += a * upper * sigmoid(-a * upper);
  }
  if (v > 0) {
    const double term = -softplus(a * lower);
    result.value += term;
    result.magnitude += std::abs(term);
    grad_f += a * sigmoid(a * lower);
    grad_log_a -= a * lower * sigmoid(a * lower);
  }
  if (v > 0 && v < 255) {
    const double width = 2 * a * kHalfBin;
    const double term = log_one_minus_exp(log_a + std::log(2 * kHalfBin));
    result.value += term;
    result.magnitude += std::abs(term);
    grad_log_a += width > 0 ? width / std::expm1(width) : 1;
  }
  result.grad_heads[0] = grad_f;
  result.grad_heads[1] = grad_log_a * grad_log_a_g;
  return result;
}

}  // namespace

double gaussian_precision(const LeafConfig& config, double g) {
  return is_bounded(config, g) ? config.max_precision : 1 + g * g;
}

double sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

PixelLogLikelihood pixel_log_likelihood(const LeafConfig& config, double value,
                                        std::span<const double> heads) {
  assert(heads.size() == likelihood_info(config.likelihood).heads.size());
  switch (config.likelihood) {
    case Likelihood::kGaussian:
      return gaussian(config, value, heads[0], heads[1]);
    case Likelihood::kBinomial:
      return binomial(std::rint(255 * value), heads[0]);
    case Likelihood::kLogistic:
      return logistic(std::rint(255 * value), heads[0], heads[1]);
  }
  assert(false);
  return {};
}

}  // namespace spvae
