#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace spvae {

/// Whether no value is infinite or NaN. Compares bits, so that the loop becomes vector code.
inline bool all_finite(std::span<const float> values) {
  constexpr std::int32_t kInfinity = 0x7f800000;
  std::int32_t found = 0;
  for (const float value : values) {
    found |=
        static_cast<std::int32_t>((std::bit_cast<std::int32_t>(value) & 0x7fffffff) >= kInfinity);
  }
  return found == 0;
}

}  // namespace spvae
