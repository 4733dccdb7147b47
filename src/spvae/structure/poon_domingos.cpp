#include "spvae/structure/poon_domingos.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/structure/super_pixels.h"

namespace spvae {
namespace {

/// Number of intervals of strips, of ways to cut one (counted over all), and their total length.
double intervals(double n) { return 0.5 * n * (n + 1); }
double cuts(double n) { return (n - 1) * n * (n + 1) / 6; }
/// Strip i is in (i + 1)(n − i) intervals. Every strip but the last has the length step.
double total_length(const Side& side) {
  const double n = side.strips();
  return side.step * n * (n + 1) * (n + 2) / 6 - (n * side.step - side.size) * n;
}

/// Numbers the rectangles in the canonical order: by level, rows, top, left.
class Numbering {
 public:
  Numbering(int rows, int columns) : rows_(rows), columns_(columns) {
    first_.assign(static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns), 0);
    int next = 0;
    for (int level = 0; level <= rows + columns - 2; ++level) {
      for (int h = std::max(1, level + 2 - columns); h <= std::min(rows, level + 1); ++h) {
        const int w = level + 2 - h;
        first_[shape(h, w)] = next;
        const int places_down = rows - h + 1;
        const int places_across = columns - w + 1;
        next += places_down * places_across;
        for (int top = 0; top < places_down; ++top) {
          for (int left = 0; left < places_across; ++left) {
            rectangles_.push_back({h, top, w, left});
          }
        }
      }
    }
  }

  const std::vector<Rectangle>& rectangles() const { return rectangles_; }
  int number(const Rectangle& r) const {
    return first_[shape(r.rows, r.columns)] + r.top * (columns_ - r.columns + 1) + r.left;
  }

 private:
  std::size_t shape(int h, int w) const {
    return static_cast<std::size_t>(h - 1) * static_cast<std::size_t>(columns_) +
           static_cast<std::size_t>(w - 1);
  }

  int rows_;
  int columns_;
  std::vector<int> first_;  // number of the first rectangle of each shape
  std::vector<Rectangle> rectangles_;
};

}  // namespace

RegionGraph poon_domingos(int height, int width, int step, int channels) {
  assert(channels >= 1);
  if (height < 1 || width < 1 || step < 1) {
    fail(ErrorKind::kUsage,
         "Poon-Domingos structure: got a {}×{} image and delta {}, expected at least 1 of each",
         height, width, step);
  }
  const Side down{height, step};
  const Side across{width, step};
  // In floating point: exact where it matters, and no size overflows it.
  const double partitions_count = cuts(down.strips()) * intervals(across.strips()) +
                                  cuts(across.strips()) * intervals(down.strips());
  const double entries = channels * total_length(down) * total_length(across);
  if (partitions_count > static_cast<double>(kMaxPartitions) ||
      entries > static_cast<double>(kMaxScopeEntries)) {
    fail(
        ErrorKind::kUsage,
        "Poon-Domingos structure: a {}×{} image with delta {} has {:.3g} partitions over scopes of "
        "{:.3g} values in all, expected at most {} and {}; choose a larger delta",
        height, width, step, partitions_count, entries, kMaxPartitions, kMaxScopeEntries);
  }

  const Numbering numbering(down.strips(), across.strips());
  std::vector<Region> regions;
  std::vector<Partition> partitions;
  regions.reserve(numbering.rectangles().size());
  partitions.reserve(static_cast<std::size_t>(partitions_count));
  for (const Rectangle& r : numbering.rectangles()) {
    const int whole = static_cast<int>(regions.size());
    regions.push_back(region_of(r, down, across, channels));
    for (int cut = 1; cut < r.rows; ++cut) {
      partitions.push_back({whole, numbering.number({cut, r.top, r.columns, r.left}),
                            numbering.number({r.rows - cut, r.top + cut, r.columns, r.left})});
    }
    for (int cut = 1; cut < r.columns; ++cut) {
      partitions.push_back({whole, numbering.number({r.rows, r.top, cut, r.left}),
                            numbering.number({r.rows, r.top, r.columns - cut, r.left + cut})});
    }
  }
  return RegionGraph(height * width * channels, std::move(regions), std::move(partitions));
}

}  // namespace spvae
