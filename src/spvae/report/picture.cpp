#include "spvae/report/picture.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace spvae {

GrayImage picture_of(const ImageSet& images, int image) {
  constexpr float kMissingGray = 0.5f;
  GrayImage picture{.height = images.height, .width = images.width, .pixels = {}};
  const auto pixels = static_cast<std::size_t>(images.pixels());
  const std::size_t first = static_cast<std::size_t>(image) * pixels;
  for (std::size_t i = first; i < first + pixels; ++i) {
    const bool is_missing = !images.observed.empty() && images.observed[i] == 0;
    const float value = is_missing ? kMissingGray : std::clamp(images.values[i], 0.0f, 1.0f);
    picture.pixels.push_back(static_cast<std::uint8_t>(std::lround(255 * value)));
  }
  return picture;
}

}  // namespace spvae
