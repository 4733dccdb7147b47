#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"

namespace spvae {

/// A batch in the kernels' order: feature-major, lanes are images. Lanes beyond `size` repeat the
/// last image and are ignored by whoever reads results.
struct Batch {
  int size = 0;                          ///< B, number of images
  int stride = 0;                        ///< B rounded up to a multiple of kernels::kTile
  int variables = 0;                     ///< V
  AlignedVector<float> values;           ///< [V, stride]
  std::vector<std::uint32_t> indices;    ///< [stride] index in the source file
  std::vector<std::uint32_t> addresses;  ///< [stride] of the noise (noise_addresses)
  AlignedVector<float> observed;  ///< [V, stride] 1 where a pixel is known, else 0; empty: all
};

/// Fills `batch` with rows `rows` of `images` (reusing its memory), on the threads of a pool if
/// there is one. rows must not be empty.
void gather_batch(const ImageSet& images, std::span<const std::uint32_t> rows, Batch& batch,
                  ThreadPool* pool = nullptr);

}  // namespace spvae
