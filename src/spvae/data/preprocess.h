#pragma once

#include <cstdint>
#include <span>

#include "spvae/data/data_config.h"

namespace spvae {

/// Where an image stands: together with a seed this addresses its pixel noise.
struct ImageAddress {
  std::uint32_t file = 0;   ///< number of the source file in its data set
  std::uint32_t index = 0;  ///< in that file
};

/// Which pixels of an image there are, 1 or 0 each; empty: all.
struct PixelFlags {
  std::span<const std::uint8_t> observed = {};  ///< by the model
  std::span<const std::uint8_t> known = {};     ///< in the data: those that are observed, and more
};

/// What is done to the pixels of an image.
struct Preparation {
  bool stretch = true;     ///< its least observed value becomes 0, its greatest 1
  bool noise = true;       ///< normal noise of standard deviation 1/255
  std::uint32_t seed = 0;  ///< of the noise
  Binarise binarise = Binarise::kNone;
};

// These functions are pure: an image's values depend on its pixels, its address and the seed alone,
// and have the same bits for any number of threads. All arithmetic is float32, operation by
// operation in the order written here.

/// 8-bit pixels v → values in [0, 1]. In this order,
///   base        x = v/255
///   or stretch  x = q/255, q = rint((255·(v − min)) / (max − min)), ties to even; if min = max, 0
///   threshold   or x ← 1 if q ≥ 128, else 0, where q is v without stretch
///   sample      or x ← 1 if u < q/255, else 0, u uniform in [0, 1) of dimension = pixel of the
///   address
///               (seed, step 0, Purpose::kBinarise, image = index, leaf = file, sample 0)
///   noise       x ← x + n/255, n standard normal, dimension = pixel of the address (seed, step 0,
///               Purpose::kPixelNoise, image = index, leaf = file, sample 0);
///               x ← −x if x < 0, then x ← 2 − x if x > 1
///   and, with both, x ← (x − min) / (max − min); if min = max, 0.
/// Minimum and maximum are those of the observed pixels; others that lie outside of them become 0
/// or 1. Where no two observed pixels differ, they say nothing of the others' scale: these are as
/// if all pixels that are known were observed. Sizes are equal and ≥ 1 (assertion).
void prepare(std::span<const std::uint8_t> pixels, const PixelFlags& flags,
             const Preparation& preparation, ImageAddress address, std::span<float> out);

/// The same of values x in [0, 1]: base x, or stretch (x − min) / (max − min).
void prepare(std::span<const float> pixels, const PixelFlags& flags, const Preparation& preparation,
             ImageAddress address, std::span<float> out);

/// Of all pixels, stretched without noise: multiples of 1/255.
void prepare_discrete(std::span<const std::uint8_t> pixels, std::span<float> out);

/// Of all pixels, stretched and with noise.
void prepare_continuous(std::span<const std::uint8_t> pixels, std::uint32_t seed,
                        ImageAddress address, std::span<float> out);

}  // namespace spvae
