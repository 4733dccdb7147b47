#include "spvae/structure/quad.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdint>
#include <utility>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/structure/canonical_order.h"
#include "spvae/structure/super_pixels.h"

namespace spvae {
namespace {

class Builder {
 public:
  Builder(const Side& down, const Side& across, int channels, bool both_ways)
      : down_(down), across_(across), channels_(channels), both_ways_(both_ways) {}

  /// The block of at most side × side super-pixels; `side` is a power of two.
  int add(int side, int top, int left) {
    const int rows = std::min(side, down_.strips() - top);
    const int columns = std::min(side, across_.strips() - left);
    if (rows == 1 && columns == 1) return add_region({rows, top, columns, left});
    const int half = side / 2;
    const int a = add(half, top, left);
    if (rows <= half && columns <= half) return a;
    const int b = columns > half ? add(half, top, left + half) : -1;
    const int c = rows > half ? add(half, top + half, left) : -1;
    if (c < 0) return whole({rows, top, columns, left}, a, b);
    if (b < 0) return whole({rows, top, columns, left}, a, c);
    const int d = add(half, top + half, left + half);
    const int upper = whole({half, top, columns, left}, a, b);
    const int lower = whole({rows - half, top + half, columns, left}, c, d);
    if (!both_ways_) return whole({rows, top, columns, left}, upper, lower);
    const int west = whole({rows, top, half, left}, a, c);
    const int east = whole({rows, top, columns - half, left + half}, b, d);
    const int block = whole({rows, top, columns, left}, upper, lower);
    partitions_.push_back({block, west, east});
    return block;
  }

  RegionGraph graph() && {
    return in_canonical_order(down_.size * across_.size * channels_, std::move(regions_),
                              std::move(partitions_));
  }

 private:
  int add_region(const Rectangle& rectangle) {
    regions_.push_back(region_of(rectangle, down_, across_, channels_));
    return static_cast<int>(regions_.size()) - 1;
  }

  int whole(const Rectangle& rectangle, int first, int second) {
    const int region = add_region(rectangle);
    partitions_.push_back({region, first, second});
    return region;
  }

  Side down_;
  Side across_;
  int channels_;
  bool both_ways_;
  std::vector<Region> regions_;
  std::vector<Partition> partitions_;
};

RegionGraph quad(int height, int width, int step, int channels, bool both_ways) {
  assert(channels >= 1);
  if (height < 1 || width < 1 || step < 1) {
    fail(ErrorKind::kUsage,
         "quad structure: got a {}×{} image and delta {}, expected at least 1 of each", height,
         width, step);
  }
  const Side down{height, step};
  const Side across{width, step};
  const auto longer = static_cast<std::uint32_t>(std::max(down.strips(), across.strips()));
  // At most: each level has its blocks and their halves once or twice.
  const double levels = std::bit_width(longer - 1);
  const double super_pixels = 1.0 * down.strips() * across.strips();
  const double entries = 1.0 * height * width * channels * (1 + levels * (both_ways ? 3 : 2));
  const double partitions_count = super_pixels * (both_ways ? 2 : 1);
  if (partitions_count > static_cast<double>(kMaxPartitions) ||
      entries > static_cast<double>(kMaxScopeEntries)) {
    fail(ErrorKind::kUsage,
         "quad structure: a {}×{} image with delta {} has up to {:.3g} partitions over scopes of "
         "{:.3g} values in all, expected at most {} and {}; choose a larger delta",
         height, width, step, partitions_count, entries, kMaxPartitions, kMaxScopeEntries);
  }
  Builder builder(down, across, channels, both_ways);
  builder.add(static_cast<int>(std::bit_ceil(longer)), 0, 0);
  return std::move(builder).graph();
}

}  // namespace

RegionGraph quad_tree(int height, int width, int step, int channels) {
  return quad(height, width, step, channels, false);
}

RegionGraph quad_graph(int height, int width, int step, int channels) {
  return quad(height, width, step, channels, true);
}

}  // namespace spvae
