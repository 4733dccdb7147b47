#pragma once

#include <cstdint>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/data_units.h"
#include "spvae/model/spvae.h"

namespace spvae {

/// `count` ≥ 1 samples of the model: an induced tree of the prior, for each of its leaves
/// z ~ N(0, I), then pixels from the leaf's decoder. Sample i depends on (seed, i) alone: its
/// random numbers have the address {seed, Purpose::kSampling, image = i} and `sample` 0 for the
/// codes, 1 for the pixels (both by leaf), 2 for the tree (leaf 0). Values are on the scale [0, 1]
/// of the data, or in the units of its columns; Gaussian draws may exceed it. indices are the
/// samples' numbers. Throws Error(kUsage) for a count < 1 or one whose values exceed 2^30,
/// Error(kNumerical) for values that are not finite.
ImageSet sample(const Spvae& model, int count, std::uint32_t seed, SampledPixels pixels,
                LeafEngine& engine, ThreadPool& pool);

}  // namespace spvae
