#pragma once

#include <algorithm>
#include <cstdint>

#include "spvae/structure/region_graph.h"

namespace spvae {

/// One side of an image in strips: super-pixel i lies between line(i) and line(i + 1). Where step
/// does not divide the side, the last strip is narrower.
struct Side {
  int size;
  int step;

  int strips() const { return size / step + (size % step != 0); }
  int line(int index) const {
    return static_cast<int>(std::min<std::int64_t>(std::int64_t{index} * step, size));
  }
};

/// A rectangle of super-pixels.
struct Rectangle {
  int rows, top, columns, left;
};

/// Its variables: the channels of its pixels, row by row, those of a pixel one after another.
Region region_of(const Rectangle& r, const Side& down, const Side& across, int channels);

}  // namespace spvae
