#include "spvae/data/batch.h"

#include <algorithm>
#include <cassert>

#include "spvae/kernels/kernels.h"

namespace spvae {

void gather_batch(const ImageSet& images, std::span<const std::uint32_t> rows, Batch& batch,
                  ThreadPool* pool) {
  assert(!rows.empty());
  constexpr std::size_t kTile = kernels::kTile;
  const auto variables = static_cast<std::size_t>(images.variables());
  const std::size_t stride = (rows.size() + kTile - 1) / kTile * kTile;
  batch.size = static_cast<int>(rows.size());
  batch.stride = static_cast<int>(stride);
  batch.variables = images.variables();
  batch.values.resize(variables * stride);
  batch.indices.resize(stride);
  batch.addresses.resize(stride);
  batch.observed.resize(images.observed.empty() ? 0 : variables * stride);

  // Eight images at a time: as many streams of reading as a processor follows.
  constexpr std::size_t kGroup = 8;
  static_assert(kTile % kGroup == 0);
  const auto gather = [&](std::size_t first) {
    const float* source[kGroup];
    for (std::size_t lane = 0; lane < kGroup; ++lane) {
      const std::size_t row = rows[std::min(first + lane, rows.size() - 1)];
      assert(row < images.indices.size());
      batch.indices[first + lane] = images.indices[row];
      batch.addresses[first + lane] = noise_addresses(images)[row];
      source[lane] = images.values.data() + row * variables;
    }
    float* out = batch.values.data() + first;
    for (std::size_t v = 0; v < variables; ++v, out += stride) {
      for (std::size_t lane = 0; lane < kGroup; ++lane) out[lane] = source[lane][v];
    }
    if (images.observed.empty()) return;
    for (std::size_t lane = 0; lane < kGroup; ++lane) {
      const std::size_t row = rows[std::min(first + lane, rows.size() - 1)];
      for (std::size_t v = 0; v < variables; ++v) {
        batch.observed[v * stride + first + lane] = images.observed[row * variables + v];
      }
    }
  };
  // Tasks are tiles: threads then write no cache line in common.
  const auto gather_tile = [&](int tile, int) {
    const std::size_t begin = static_cast<std::size_t>(tile) * kTile;
    for (std::size_t first = begin; first < begin + kTile; first += kGroup) gather(first);
  };
  const int tiles = static_cast<int>(stride / kTile);
  if (pool != nullptr) {
    pool->run(tiles, gather_tile);
  } else {
    for (int tile = 0; tile < tiles; ++tile) gather_tile(tile, 0);
  }
}

}  // namespace spvae
