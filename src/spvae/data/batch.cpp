#include "spvae/data/batch.h"

#include <algorithm>
#include <cassert>

#include "spvae/kernels/kernels.h"

namespace spvae {

void gather_batch(const ImageSet& images, std::span<const std::uint32_t> rows, Batch& batch) {
  assert(!rows.empty());
  constexpr std::size_t kTile = kernels::kTile;
  const auto pixels = static_cast<std::size_t>(images.pixels());
  const std::size_t stride = (rows.size() + kTile - 1) / kTile * kTile;
  batch.size = static_cast<int>(rows.size());
  batch.stride = static_cast<int>(stride);
  batch.pixels = images.pixels();
  batch.values.resize(pixels * stride);
  batch.indices.resize(stride);

  // Eight images at a time: as many streams of reading as a processor follows.
  constexpr std::size_t kGroup = 8;
  static_assert(kTile % kGroup == 0);
  for (std::size_t first = 0; first < stride; first += kGroup) {
    const float* source[kGroup];
    for (std::size_t lane = 0; lane < kGroup; ++lane) {
      const std::size_t row = rows[std::min(first + lane, rows.size() - 1)];
      assert(row < images.indices.size());
      batch.indices[first + lane] = images.indices[row];
      source[lane] = images.values.data() + row * pixels;
    }
    float* out = batch.values.data() + first;
    for (std::size_t pixel = 0; pixel < pixels; ++pixel, out += stride) {
      for (std::size_t lane = 0; lane < kGroup; ++lane) out[lane] = source[lane][pixel];
    }
  }
}

}  // namespace spvae
