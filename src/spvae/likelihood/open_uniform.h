#pragma once

#include <cstdint>

#include "spvae/core/random.h"

namespace spvae {

/// Uniform in the open interval (0, 1): the middles of 2^52 equal parts, from dimensions 2·pixel
/// and 2·pixel + 1. 24 bits would cut the tails of a distribution short.
inline double open_uniform(const RandomAddress& address, std::uint32_t pixel) {
  const std::uint64_t high = random_word(address, 2 * pixel) >> 6;
  const std::uint64_t low = random_word(address, 2 * pixel + 1) >> 6;
  return (static_cast<double>((high << 26) | low) + 0.5) * 0x1p-52;
}

}  // namespace spvae
