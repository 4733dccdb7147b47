#pragma once

#include <cstdint>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_source.h"

namespace spvae {

/// The first N images of a source, each of V values.
struct SourcePixels {
  std::vector<std::uint8_t> bytes = {};     ///< [N, V], or empty if there are
  std::vector<float> floats = {};           ///< [N, V]; 0 where they are missing
  std::vector<std::uint8_t> observed = {};  ///< [N, V]; empty: all
};

/// What is made of a source's pixels.
struct PixelOptions {
  int channels = 1;
  int values = 0;  ///< as DataConfig has it: if not 0, floats of pixels become 8-bit levels too
  bool takes_nan = false;  ///< NaN marks a missing pixel
};

/// Errors as ImageSource::read_bytes and read_floats; Error(kData) for values between 8-bit levels
/// where pixels have values.
SourcePixels read_pixels(const ImageSource& source, std::uint32_t count,
                         const PixelOptions& options, ThreadPool& pool,
                         const LoadObserver& observer);

}  // namespace spvae
