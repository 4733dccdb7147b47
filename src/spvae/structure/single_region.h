#pragma once

#include "spvae/structure/region_graph.h"

namespace spvae {

/// One leaf region over the whole image: with one leaf it makes the classical VAE. Throws
/// Error(kUsage) for sizes ≤ 0 or an image of absurd size.
RegionGraph single_region(int height, int width);

}  // namespace spvae
