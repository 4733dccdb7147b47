#pragma once

#include "spvae/structure/region_graph.h"

namespace spvae {

/// Quad tree (Mari et al., TPM 2023): super-pixels as those of poon_domingos, one leaf region each;
/// blocks of 2 × 2 of them, of 4 × 4, of 8 × 8, … to the whole image are divided into their four
/// quarters, by rows and then each half by columns. At the lower and right border, where a block
/// has one row or one column of quarters alone, it is divided by the other. Each region has one
/// partition. Regions are in the canonical order of a recursion: a block's quarters row by row, its
/// halves, itself. Throws Error(kUsage) for sizes ≤ 0 or a graph of absurd size.
RegionGraph quad_tree(int height, int width, int step, int channels = 1);

/// Quad graph (the same source): the quad tree, where a block of four quarters has a second
/// partition, by columns and then each half by rows.
RegionGraph quad_graph(int height, int width, int step, int channels = 1);

}  // namespace spvae
