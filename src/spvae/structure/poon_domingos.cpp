#include "spvae/structure/poon_domingos.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "spvae/core/error.h"

namespace spvae {
namespace {

/// One side of the image in strips: super-pixel i lies between line(i) and line(i + 1).
struct Side {
  int size;
  int step;
  int strips() const { return size / step + (size % step != 0); }
  int line(int index) const {
    return static_cast<int>(std::min<std::int64_t>(std::int64_t{index} * step, size));
  }
  /// Number of intervals of strips, of ways to cut one (counted over all), and their total length.
  double intervals() const { return 0.5 * strips() * (strips() + 1.0); }
  double cuts() const { return (strips() - 1.0) * strips() * (strips() + 1.0) / 6; }
  /// Strip i is in (i + 1)(n − i) intervals. Every strip but the last has the length step.
  double total_length() const {
    const double n = strips();
    return step * n * (n + 1) * (n + 2) / 6 - (n * step - size) * n;
  }
};

/// A rectangle of super-pixels.
struct Rectangle {
  int rows, top, columns, left;
};

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

Region region_of(const Rectangle& r, const Side& down, const Side& across, int channels) {
  Region region;
  const int top = down.line(r.top), bottom = down.line(r.top + r.rows);
  const int left = across.line(r.left), right = across.line(r.left + r.columns);
  region.scope.reserve(static_cast<std::size_t>(bottom - top) *
                       static_cast<std::size_t>((right - left) * channels));
  const int row = across.size * channels;
  for (int y = top; y < bottom; ++y) {
    for (int v = left * channels; v < right * channels; ++v) region.scope.push_back(y * row + v);
  }
  return region;
}

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
  const double partitions_count =
      down.cuts() * across.intervals() + across.cuts() * down.intervals();
  const double entries = channels * down.total_length() * across.total_length();
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
