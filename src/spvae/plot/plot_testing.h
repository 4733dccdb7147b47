#pragma once

#include <gtest/gtest.h>
#include <png.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "spvae/plot/canvas.h"

/// For tests: what has been drawn, pixel by pixel.
namespace spvae::testing {

struct Rgb {
  int red = 0;
  int green = 0;
  int blue = 0;

  friend bool operator==(const Rgb&, const Rgb&) = default;
};

inline constexpr Rgb kWhitePixel = {255, 255, 255};

inline Rgb rgb(const plot::Colour& colour) {
  const auto byte = [](double part) { return static_cast<int>(std::lround(part * 255)); };
  return {byte(colour.red), byte(colour.green), byte(colour.blue)};
}

/// A PNG's pixels, two a point.
class Pixels {
 public:
  explicit Pixels(const std::string& file) {
    png_image png{};
    png.version = PNG_IMAGE_VERSION;
    EXPECT_NE(png_image_begin_read_from_memory(&png, file.data(), file.size()), 0) << png.message;
    png.format = PNG_FORMAT_RGB;
    width_ = static_cast<int>(png.width);
    height_ = static_cast<int>(png.height);
    bytes_.resize(PNG_IMAGE_SIZE(png));
    EXPECT_NE(png_image_finish_read(&png, nullptr, bytes_.data(), 0, nullptr), 0) << png.message;
  }

  int width() const { return width_; }
  int height() const { return height_; }
  Rgb at(int x, int y) const {
    const std::size_t place = 3 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width_) +
                                   static_cast<std::size_t>(x));
    return {bytes_.at(place), bytes_.at(place + 1), bytes_.at(place + 2)};
  }
  Rgb at(const plot::Point& point) const {
    return at(static_cast<int>(std::floor(2 * point.x)), static_cast<int>(std::floor(2 * point.y)));
  }
  /// How many pixels of a rectangle (in points) have this colour.
  int count(const plot::Rectangle& rectangle, const Rgb& colour) const {
    int found = 0;
    for (int y = static_cast<int>(2 * rectangle.y); y < static_cast<int>(2 * rectangle.bottom());
         ++y) {
      for (int x = static_cast<int>(2 * rectangle.x); x < static_cast<int>(2 * rectangle.right());
           ++x) {
        if (at(x, y) == colour) ++found;
      }
    }
    return found;
  }
  plot::Rectangle page() const { return {0.0, 0.0, width_ / 2.0, height_ / 2.0}; }

 private:
  int width_ = 0;
  int height_ = 0;
  std::vector<std::uint8_t> bytes_;
};

/// A panel alone on a page, its upper left corner at the page's.
template <class Panel>
Pixels drawn(const Panel& panel) {
  plot::Canvas canvas(PlotFormat::kPng, panel.box().size);
  panel.draw(canvas, {0.0, 0.0});
  return Pixels(canvas.finish());
}

}  // namespace spvae::testing
