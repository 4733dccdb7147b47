#pragma once

#include "spvae/structure/region_graph.h"

namespace spvae {

/// One leaf region over the whole image, its variables as those of poon_domingos: with one leaf it
/// makes the classical VAE. Throws Error(kUsage) for sizes ≤ 0 or an image of absurd size.
RegionGraph single_region(int height, int width, int channels = 1);

}  // namespace spvae
