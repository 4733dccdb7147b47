#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace spvae {

/// log Σ exp(values), by the greatest of them; there is at least one.
inline double log_sum_exp(std::span<const double> values) {
  const double greatest = *std::ranges::max_element(values);
  double sum = 0;
  for (const double value : values) sum += std::exp(value - greatest);
  return greatest + std::log(sum);
}

}  // namespace spvae
