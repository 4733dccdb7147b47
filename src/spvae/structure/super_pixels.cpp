#include "spvae/structure/super_pixels.h"

#include <cstddef>

namespace spvae {

Region region_of(const Rectangle& r, const Side& down, const Side& across, int channels) {
  Region region;
  const int top = down.line(r.top), bottom = down.line(r.top + r.rows);
  const int left = across.line(r.left), right = across.line(r.left + r.columns);
  region.scope.reserve(static_cast<std::size_t>(bottom - top) *
                       static_cast<std::size_t>((right - left) * channels));
  const int row = across.size * channels;
  for (int y = top; y < bottom; ++y) {
    for (int v = left * channels; v < right * channels; ++v) region.scope.push_back(y * row + v);
  }
  return region;
}

}  // namespace spvae
