#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace spvae {

/// log Σ exp(values), by the greatest of them; there is at least one. −∞ where all are.
inline double log_sum_exp(std::span<const double> values) {
  const double greatest = *std::ranges::max_element(values);
  if (greatest == -std::numeric_limits<double>::infinity()) return greatest;
  double sum = 0;
  for (const double value : values) sum += std::exp(value - greatest);
  return greatest + std::log(sum);
}

}  // namespace spvae
