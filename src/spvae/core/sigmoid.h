#pragma once

#include <algorithm>
#include <cmath>

namespace spvae {

/// 1 / (1 + e⁻ˣ), without overflow.
inline double sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

/// log(1 + eˣ), without overflow.
inline double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

}  // namespace spvae
