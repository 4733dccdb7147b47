#pragma once

#include "spvae/structure/region_graph.h"

namespace spvae {

/// Poon-Domingos structure (TP19 Section 3.3): all rectangles whose edges lie on multiples of step
/// or on the image's border, each divided by every such line through it. Where step does not divide
/// a side, the last strip of super-pixels is narrower. Order: by level ((rows − 1) + (columns − 1)
/// of super-pixels), then rows, top, left of the rectangle. A region's partitions: the horizontal
/// lines from the top (left = upper part), then the vertical ones from the left. Variables are the
/// channels of the pixels, row by row, those of a pixel one after another and in the same scopes. A
/// step beyond the image gives the one region of single_region. Throws
/// Error(kUsage) for sizes ≤ 0 or a graph of absurd size.
RegionGraph poon_domingos(int height, int width, int step, int channels = 1);

}  // namespace spvae
