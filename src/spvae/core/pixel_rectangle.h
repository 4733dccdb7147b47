#pragma once

#include <optional>
#include <span>

namespace spvae {

/// A rectangle of an image's pixels; rows and columns count from 0.
struct PixelRectangle {
  int top = 0;
  int left = 0;
  int height = 0;
  int width = 0;

  int bottom() const { return top + height; }  ///< the first row below
  int right() const { return left + width; }   ///< the first column beyond

  friend bool operator==(const PixelRectangle&, const PixelRectangle&) = default;
};

/// The least rectangle that holds the pixels of these variables of an image, numbered row by row
/// and, within a pixel, by channel; `scope` is ascending and not empty (assertion).
PixelRectangle bounding_rectangle(std::span<const int> scope, int image_width, int channels = 1);

/// A straight line between two rectangles that are one together.
struct RectangleCut {
  bool is_horizontal = true;  ///< between two rows; otherwise between two columns
  int before = 0;             ///< the row or column behind the line
};

/// That of these two, in any order; nothing where they are not one rectangle together.
std::optional<RectangleCut> cut_between(const PixelRectangle& a, const PixelRectangle& b);

}  // namespace spvae
