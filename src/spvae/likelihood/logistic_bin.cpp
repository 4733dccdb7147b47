#include "spvae/likelihood/logistic_bin.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "spvae/core/sigmoid.h"

namespace spvae {
namespace {

constexpr double kLogInverseScaleLimit = 8;
constexpr int kMaxValue = 255;
constexpr double kHalfBin = 0.5 / kMaxValue;

// log(1 − e⁻ᵗ) for t = exp(log_t), exact at both ends, also where t underflows.
double log_one_minus_exp(double log_t) {
  const double t = std::exp(log_t);
  if (t > std::numbers::ln2) return std::log1p(-std::exp(-t));
  return t > 0 ? log_t + std::log(-std::expm1(-t) / t) : log_t;
}

}  // namespace

double inverse_scale(double g) { return std::exp(std::min(2 - g, kLogInverseScaleLimit)); }

double logistic_quantile(double u, double f, double g) {
  return f + (std::log(u) - std::log1p(-u)) / inverse_scale(g);
}

LogisticBin grey_bin(int v) {
  const double centre = static_cast<double>(v) / kMaxValue;
  return {.lower = centre - kHalfBin,
          .upper = centre + kHalfBin,
          .width = 2 * kHalfBin,
          .is_first = v == 0,
          .is_last = v == kMaxValue};
}

// Rounding is the bins' half width; clamping gives the ends their tails.
double grey_quantile(double u, double f, double g) {
  return std::rint(std::clamp(kMaxValue * logistic_quantile(u, f, g), 0.0, 1.0 * kMaxValue)) /
         kMaxValue;
}

// E[V] = Σ_{v ≥ 1} P(V ≥ v), and P(V ≥ v) is the logistic's upper tail at v's lower edge.
double grey_mean(double f, double g) {
  const double a = inverse_scale(g);
  double sum = 0;
  for (int v = 1; v <= kMaxValue; ++v) sum += sigmoid(a * (f - (v - 0.5) / kMaxValue));
  return sum / kMaxValue;
}

LogisticTerm logistic_term(const LogisticBin& bin, double f, double g) {
  const double log_a = std::min(2 - g, kLogInverseScaleLimit);
  const double a = std::exp(log_a);
  const double upper = bin.upper - f;
  const double lower = bin.lower - f;
  LogisticTerm result;
  double grad_log_a = 0;
  const auto add = [&result](double term) {
    result.value += term;
    result.magnitude += std::abs(term);
  };
  if (!bin.is_last) {
    add(-softplus(-a * upper));
    result.grad_upper = a * sigmoid(-a * upper);
    grad_log_a += upper * result.grad_upper;
  }
  if (!bin.is_first) {
    add(-softplus(a * lower));
    result.grad_lower = -a * sigmoid(a * lower);
    grad_log_a += lower * result.grad_lower;
  }
  if (!bin.is_first && !bin.is_last) {
    const double width = a * bin.width;
    add(log_one_minus_exp(log_a + std::log(bin.width)));
    const double grad_log_width = width > 0 ? width / std::expm1(width) : 1;
    result.grad_width = grad_log_width / bin.width;
    grad_log_a += grad_log_width;
  }
  result.grad_location = -(result.grad_upper + result.grad_lower);
  result.grad_scale = 2 - g > kLogInverseScaleLimit ? 0 : -grad_log_a;
  return result;
}

}  // namespace spvae
