#include "spvae/plot/style.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace spvae::plot {
namespace {

constexpr Colour colour(unsigned rgb) {
  return {(rgb >> 16 & 0xFF) / 255.0, (rgb >> 8 & 0xFF) / 255.0, (rgb & 0xFF) / 255.0};
}

// Blue, vermillion, bluish green, reddish purple, orange, sky blue, black.
constexpr std::array kColours = {colour(0x0072B2),
                                 colour(0xD55E00),
                                 colour(0x009E73),
                                 colour(0xCC79A7),
                                 colour(0xE69F00),
                                 colour(0x56B4E9),
                                 kBlack};

constexpr std::array kDash = {5.0, 2.5};
constexpr std::array kDots = {1.5, 1.8};
constexpr std::array kDashDot = {6.0, 2.0, 1.5, 2.0};
constexpr std::array kLongDash = {10.0, 3.0};

// Seven and five have no common factor: the combinations repeat after thirty-five.
constexpr std::array<std::span<const double>, 5> kDashes = {std::span<const double>{}, kDash, kDots,
                                                            kDashDot, kLongDash};

constexpr std::array kViridis = {colour(0x440154), colour(0x472D7B), colour(0x3B528B),
                                 colour(0x2C728E), colour(0x21908C), colour(0x27AD81),
                                 colour(0x5DC863), colour(0xAADC32), colour(0xFDE725)};

// Relative luminance of sRGB, WCAG 2.
double luminance(Colour colour) {
  const auto linear = [](double part) {
    return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.red) + 0.7152 * linear(colour.green) + 0.0722 * linear(colour.blue);
}

}  // namespace

SeriesStyle series_style(int index) {
  assert(index >= 0);
  const auto i = static_cast<std::size_t>(index);
  return {.colour = kColours[i % kColours.size()],
          .marker = static_cast<Marker>(index % kMarkers),
          .dashes = kDashes[i % kDashes.size()]};
}

Colour viridis(double part) {
  const double place = std::clamp(part, 0.0, 1.0) * (kViridis.size() - 1);
  const auto below = std::min(static_cast<std::size_t>(place), kViridis.size() - 2);
  const double share = place - static_cast<double>(below);
  const auto mix = [share](double a, double b) { return a + share * (b - a); };
  const Colour& from = kViridis[below];
  const Colour& to = kViridis[below + 1];
  return {mix(from.red, to.red), mix(from.green, to.green), mix(from.blue, to.blue)};
}

Colour text_colour(Colour ground) {
  // Where the contrasts (L + 0.05) / 0.05 with black and 1.05 / (L + 0.05) with white are equal.
  const double light = luminance(ground) + 0.05;
  return light * light > 0.05 * 1.05 ? kBlack : kWhite;
}

}  // namespace spvae::plot
