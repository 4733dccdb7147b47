#pragma once

#include "spvae/structure/region_graph.h"

namespace spvae {

/// One leaf region over the whole image: with one leaf it makes the classical VAE.
RegionGraph single_region(int height, int width);

}  // namespace spvae
