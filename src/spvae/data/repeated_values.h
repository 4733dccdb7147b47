#pragma once

#include <cstddef>
#include <span>

namespace spvae {

/// What a Gaussian without noise makes use of: floating-point numbers that stand again and again
/// have no density, and precision there grows without limit.
struct RepeatedValues {
  std::size_t constants = 0;  ///< variables with the same value in all images that have it
  double share = 0;           ///< of the values, those that stand at least three times
};

/// Of images [N, V] one after another; NaN is missing. The share is of a million values at most,
/// evenly spread. Two images are needed to tell a constant.
RepeatedValues repeated_values(std::span<const float> values, std::size_t variables);

}  // namespace spvae
