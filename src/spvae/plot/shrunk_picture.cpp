#include "spvae/plot/shrunk_picture.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>

namespace spvae {

Picture shrunk(const Picture& picture, int times) {
  assert(times >= 1);
  Picture small{.height = (picture.height + times - 1) / times,
                .width = (picture.width + times - 1) / times,
                .channels = picture.channels};
  for (int row = 0; row < picture.height; row += times) {
    const int bottom = std::min(row + times, picture.height);
    for (int column = 0; column < picture.width; column += times) {
      const int right = std::min(column + times, picture.width);
      for (int channel = 0; channel < picture.channels; ++channel) {
        std::int64_t sum = 0;
        for (int y = row; y < bottom; ++y) {
          for (int x = column; x < right; ++x) {
            const std::ptrdiff_t pixel = std::ptrdiff_t{y} * picture.width + x;
            sum += picture.pixels[static_cast<std::size_t>(pixel * picture.channels + channel)];
          }
        }
        const std::int64_t count = std::int64_t{bottom - row} * (right - column);
        small.pixels.push_back(static_cast<std::uint8_t>((sum + count / 2) / count));
      }
    }
  }
  return small;
}

}  // namespace spvae
