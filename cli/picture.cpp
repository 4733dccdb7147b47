#include "picture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "spvae/report/picture.h"

namespace spvae::cli {
namespace {

constexpr int kGap = 2;
constexpr std::uint8_t kGapGray = 96;

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
  for (int i = 0; i < count; ++i) {
    const GrayImage picture = picture_of(images, i);
    const int top = i / columns * (images.height + kGap);
    const int left = i % columns * (images.width + kGap);
    for (int y = 0; y < images.height; ++y) {
      std::copy_n(picture.pixels.begin() + std::ptrdiff_t{y} * images.width, images.width,
                  sheet.pixels.begin() + std::ptrdiff_t{top + y} * sheet.width + left);
    }
  }
  return sheet;
}

}  // namespace spvae::cli
