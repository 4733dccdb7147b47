#pragma once

#include <cstdint>

#include "spvae/structure/region_graph.h"

namespace spvae {

/// Random region graph (RAT-SPNs: Peharz et al., UAI 2019): the pixels, in a random order, are
/// halved (the first half has the odd one) until a part has at most leaf_variables variables, or is
/// one pixel; the channels of a pixel stay together. Each of the repetitions has regions of its own
/// below the root, and the root a partition of each. The order of repetition r is
/// random_permutation at {seed, Purpose::kStructure, sample = r}. Regions are in the canonical
/// order of a recursion: first half, second half, whole. Throws Error(kUsage) for sizes ≤ 0 or a
/// graph of absurd size.
RegionGraph random_graph(int height, int width, int channels, int leaf_variables, int repetitions,
                         std::uint32_t seed);

}  // namespace spvae
