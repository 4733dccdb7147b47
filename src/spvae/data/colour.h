#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spvae {

/// The luma of ITU-R 601 in integers: (19595·R + 38470·G + 7471·B + 32768) >> 16. Gray stays gray.
constexpr std::uint8_t gray(std::uint8_t red, std::uint8_t green, std::uint8_t blue) {
  const std::uint32_t sum = 19595u * red + 38470u * green + 7471u * blue + 32768u;
  return static_cast<std::uint8_t>(sum >> 16);
}

/// The same of all pixels of an image: planes [3, V] → out [V].
inline void gray_of_planes(std::span<const std::uint8_t> planes, std::span<std::uint8_t> out) {
  const std::size_t pixels = out.size();
  assert(planes.size() == 3 * pixels);
  for (std::size_t i = 0; i < pixels; ++i) {
    out[i] = gray(planes[i], planes[pixels + i], planes[2 * pixels + i]);
  }
}

}  // namespace spvae
