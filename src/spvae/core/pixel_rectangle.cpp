#include "spvae/core/pixel_rectangle.h"

#include <algorithm>
#include <cassert>

namespace spvae {

PixelRectangle bounding_rectangle(std::span<const int> scope, int image_width, int channels) {
  assert(!scope.empty() && std::ranges::is_sorted(scope) && image_width >= 1 && channels >= 1);
  int left = image_width;
  int right = 0;
  const auto row_of = [&](int variable) { return variable / channels / image_width; };
  for (const int variable : scope) {
    const int column = variable / channels % image_width;
    left = std::min(left, column);
    right = std::max(right, column + 1);
  }
  const int top = row_of(scope.front());
  return {
      .top = top, .left = left, .height = row_of(scope.back()) + 1 - top, .width = right - left};
}

std::optional<RectangleCut> cut_between(const PixelRectangle& a, const PixelRectangle& b) {
  if (a.left == b.left && a.width == b.width && (a.bottom() == b.top || b.bottom() == a.top)) {
    return RectangleCut{true, std::max(a.top, b.top)};
  }
  if (a.top == b.top && a.height == b.height && (a.right() == b.left || b.right() == a.left)) {
    return RectangleCut{false, std::max(a.left, b.left)};
  }
  return std::nullopt;
}

}  // namespace spvae
