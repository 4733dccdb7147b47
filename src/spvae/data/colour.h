#pragma once

#include <algorithm>
#include <array>
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

/// What a model sees of a pixel's three channels.
enum class ColourSpace {
  kRgb = 0,   ///< red, green, blue
  kYcocg = 1  ///< ycocg_of_rgb
};

/// Luma Y and the chromas Co and Cg of a pixel: YCoCg-R (Malvar & Sullivan, JVT-I014, 2003), each
/// of its four steps modulo 256. So it maps the 8-bit colours one to one onto themselves, and a
/// probability of the one is that of the other. Chromas are 128 where a colour is gray; they wrap
/// around where they would be beyond −128 … 127.
constexpr std::array<std::uint8_t, 3> ycocg_of_rgb(const std::array<std::uint8_t, 3>& rgb) {
  const auto orange = static_cast<std::int8_t>(rgb[0] - rgb[2]);
  const auto t = static_cast<std::uint8_t>(rgb[2] + (orange >> 1));
  const auto green = static_cast<std::int8_t>(rgb[1] - t);
  return {static_cast<std::uint8_t>(t + (green >> 1)), static_cast<std::uint8_t>(orange + 128),
          static_cast<std::uint8_t>(green + 128)};
}

/// The inverse of ycocg_of_rgb.
constexpr std::array<std::uint8_t, 3> rgb_of_ycocg(const std::array<std::uint8_t, 3>& ycocg) {
  const int orange = ycocg[1] - 128;
  const int green = ycocg[2] - 128;
  const auto t = static_cast<std::uint8_t>(ycocg[0] - (green >> 1));
  const auto blue = static_cast<std::uint8_t>(t - (orange >> 1));
  return {static_cast<std::uint8_t>(blue + orange), static_cast<std::uint8_t>(t + green), blue};
}

/// The same of means, over 255: real numbers, which neither wrap around nor are rounded. What falls
/// outside of [0, 1] is moved to its border.
constexpr std::array<double, 3> rgb_of_mean_ycocg(const std::array<double, 3>& ycocg) {
  const double orange = ycocg[1] - 128.0 / 255;
  const double green = ycocg[2] - 128.0 / 255;
  const double t = ycocg[0] - green / 2;
  const double blue = t - orange / 2;
  return {std::clamp(blue + orange, 0.0, 1.0), std::clamp(t + green, 0.0, 1.0),
          std::clamp(blue, 0.0, 1.0)};
}

/// Planes [3, V] → pixels [V, 3].
inline void pixels_of_planes(std::span<const std::uint8_t> planes, std::span<std::uint8_t> out) {
  assert(planes.size() == out.size() && out.size() % 3 == 0);
  const std::size_t pixels = out.size() / 3;
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = planes[i % 3 * pixels + i / 3];
}

}  // namespace spvae
