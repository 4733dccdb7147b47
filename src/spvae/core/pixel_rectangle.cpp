#include "spvae/core/pixel_rectangle.h"

#include <algorithm>
#include <cassert>

namespace spvae {

PixelRectangle bounding_rectangle(std::span<const int> pixels, int image_width) {
  assert(!pixels.empty() && std::ranges::is_sorted(pixels) && image_width >= 1);
  int left = image_width;
  int right = 0;
  for (const int pixel : pixels) {
    left = std::min(left, pixel % image_width);
    right = std::max(right, pixel % image_width + 1);
  }
  const int top = pixels.front() / image_width;
  return {.top = top,
          .left = left,
          .height = pixels.back() / image_width + 1 - top,
          .width = right - left};
}

}  // namespace spvae
