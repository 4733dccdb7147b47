#pragma once

#include <algorithm>
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

/// The same weights, for values in [0, 1]; NaN where a channel is.
constexpr float gray(float red, float green, float blue) {
  return (19595.0f * red + 38470.0f * green + 7471.0f * blue) / 65536.0f;
}

/// Pixels [V, from] → [V, to]; from and to are 1 or 3. Colours become gray, gray three equal
/// channels.
template <class T>
void convert_channels(std::span<const T> in, int from, int to, std::span<T> out) {
  assert(in.size() / static_cast<std::size_t>(from) == out.size() / static_cast<std::size_t>(to));
  if (from == to) {
    std::ranges::copy(in, out.begin());
  } else if (to == 1) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[i] = gray(in[3 * i], in[3 * i + 1], in[3 * i + 2]);
    }
  } else {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = in[i / 3];
  }
}

/// Planes [3, V] → pixels [V, 3].
inline void pixels_of_planes(std::span<const std::uint8_t> planes, std::span<std::uint8_t> out) {
  assert(planes.size() == out.size() && out.size() % 3 == 0);
  const std::size_t pixels = out.size() / 3;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = planes[i % 3 * pixels + i / 3];
}

}  // namespace spvae
