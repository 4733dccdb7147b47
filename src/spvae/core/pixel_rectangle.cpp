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

}  // namespace spvae
