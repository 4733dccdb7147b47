#include "picture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace spvae::cli {
namespace {

constexpr int kGap = 2;
constexpr std::uint8_t kGapGray = 96;
constexpr std::uint8_t kMissingGray = 128;

}  // namespace

GrayImage contact_sheet(const ImageSet& images, int columns) {
  const int count = images.count();
  const double ratio = static_cast<double>(images.height) / images.width;
  if (columns == 0) {
    columns = std::clamp(static_cast<int>(std::ceil(std::sqrt(count * ratio))), 1, count);
  }
  const int rows = (count + columns - 1) / columns;
  GrayImage sheet;
  sheet.height = rows * (images.height + kGap) - kGap;
  sheet.width = columns * (images.width + kGap) - kGap;
  sheet.pixels.assign(
      static_cast<std::size_t>(sheet.height) * static_cast<std::size_t>(sheet.width), kGapGray);
  std::size_t at = 0;
  for (int i = 0; i < count; ++i) {
    const int top = i / columns * (images.height + kGap);
    const int left = i % columns * (images.width + kGap);
    for (int y = top; y < top + images.height; ++y) {
      auto pixel = sheet.pixels.begin() + std::ptrdiff_t{y} * sheet.width + left;
      for (int x = 0; x < images.width; ++x, ++pixel, ++at) {
        const float value = std::clamp(images.values[at], 0.0F, 1.0F);
        const bool is_missing = !images.observed.empty() && images.observed[at] == 0;
        *pixel = is_missing ? kMissingGray : static_cast<std::uint8_t>(std::lround(255 * value));
      }
    }
  }
  return sheet;
}

}  // namespace spvae::cli
