#include "spvae/report/picture.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace spvae {

Picture picture_of(const ImageSet& images, int image) {
  constexpr float kMissingGray = 0.5f;
  Picture picture{.height = images.height, .width = images.width, .channels = images.channels};
  const auto variables = static_cast<std::size_t>(images.variables());
  const std::size_t first = static_cast<std::size_t>(image) * variables;
  for (std::size_t i = first; i < first + variables; ++i) {
    const bool is_missing = !images.observed.empty() && images.observed[i] == 0;
    const float value = is_missing ? kMissingGray : std::clamp(images.values[i], 0.0f, 1.0f);
    picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * value)));
  }
  return picture;
}

Picture sheet_of(const std::vector<Picture>& pictures, int columns) {
  constexpr int kGap = 2;
  constexpr std::uint8_t kGapGray = 96;
  assert(!pictures.empty() && columns >= 1);
  const int height = pictures.front().height;
  const int width = pictures.front().width;
  const int channels = pictures.front().channels;
  const int rows = (static_cast<int>(pictures.size()) + columns - 1) / columns;
  Picture sheet{.height = rows * (height + kGap) - kGap,
                .width = columns * (width + kGap) - kGap,
                .channels = channels};
  const auto line = static_cast<std::ptrdiff_t>(sheet.width) * channels;
  sheet.pixels.assign(static_cast<std::size_t>(sheet.height * line), kGapGray);
  int place = 0;
  for (const Picture& picture : pictures) {
    assert(picture.height == height && picture.width == width && picture.channels == channels);
    const int top = place / columns * (height + kGap);
    const int left = place % columns * (width + kGap);
    const auto own_line = static_cast<std::ptrdiff_t>(width) * channels;
    for (int y = 0; y < height; ++y) {
      std::copy_n(picture.pixels.begin() + y * own_line, own_line,
                  sheet.pixels.begin() + (top + y) * line + std::ptrdiff_t{left} * channels);
    }
    ++place;
  }
  return sheet;
}

}  // namespace spvae
