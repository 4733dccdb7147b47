#pragma once

#include <vector>

#include "spvae/structure/region_graph.h"

namespace spvae {

/// The graph of these regions, which are in any order, in the canonical one: leaf regions first,
/// then the others, each as soon as its parts are before it; of several that could come next, the
/// first given. So what is in canonical order stays as it is. A region's partitions keep their
/// order. Errors as RegionGraph; no region may be a part of itself, at any depth (assertion).
RegionGraph in_canonical_order(int variables, std::vector<Region> regions,
                               std::vector<Partition> partitions);

}  // namespace spvae
