#pragma once

#include <cstdint>
#include <span>

namespace spvae {

/// Where an image stands: together with a seed this addresses its pixel noise.
struct ImageAddress {
  std::uint32_t file = 0;   ///< number of the source file in its data set
  std::uint32_t index = 0;  ///< in that file
};

// Both functions are pure: an image's values depend on its pixels, its address and the seed alone,
// and have the same bits for any number of threads. All arithmetic is float32, operation by
// operation in the order written here.

/// 8-bit pixels v → multiples of 1/255 whose least is 0 and greatest 1:
///   q = rint((255·(v − min)) / (max − min)), ties to even;  out = q / 255.
/// A constant image (min = max) becomes all zeros. Sizes are equal and ≥ 1 (assertion).
void prepare_discrete(std::span<const std::uint8_t> pixels, std::span<float> out);

/// 8-bit pixels → continuous values in [0, 1], the least 0 and the greatest 1:
///   x = q/255 + n/255, q as in prepare_discrete and n standard normal, dimension = pixel of the
///       address (seed, step 0, Purpose::kPixelNoise, image = index, leaf = file, sample 0);
///   x ← −x if x < 0, then x ← 2 − x if x > 1;  out = (x − min) / (max − min).
/// All zeros where that is still constant (an image of one pixel). Sizes as above.
void prepare_continuous(std::span<const std::uint8_t> pixels, std::uint32_t seed,
                        ImageAddress address, std::span<float> out);

}  // namespace spvae
