#pragma once

#include <cstdint>
#include <vector>

namespace spvae {

/// A region: a set of variables, sorted ascending, not empty.
struct Region {
  std::vector<int> scope;
};

/// Refused beyond: the sum of the sizes of all scopes of a graph (512 MiB of them).
inline constexpr std::int64_t kMaxScopeEntries = std::int64_t{1} << 27;
/// Refused beyond: the number of partitions of a graph.
inline constexpr std::int64_t kMaxPartitions = std::int64_t{1} << 20;

/// One way to divide a region in two: the scopes of left and right are disjoint and their union is
/// the scope of region.
struct Partition {
  int region = 0;
  int left = 0;
  int right = 0;
};

/// A region graph: the scopes behind a decomposable and complete sum-product network (TP19 Section
/// 3.3). Immutable; validated at construction. Canonical order: children before parents, leaf
/// regions (those without a partition) first, the root last; partitions sorted by region.
class RegionGraph {
 public:
  /// variables = V, the channels of all pixels. Throws Error(kUsage) that names the offending
  /// region when a scope is empty, unsorted or out of range, a partition is not a division of its
  /// region (decomposability, completeness), the order is not canonical, a region cannot be reached
  /// from the root, or the root does not cover all variables.
  RegionGraph(int variables, std::vector<Region> regions, std::vector<Partition> partitions);

  int variables() const { return variables_; }
  const std::vector<Region>& regions() const { return regions_; }
  const std::vector<Partition>& partitions() const { return partitions_; }
  int root() const { return static_cast<int>(regions_.size()) - 1; }
  int leaf_regions() const { return leaf_regions_; }  ///< regions 0 … leaf_regions() − 1
  bool is_leaf(int region) const { return region < leaf_regions_; }

 private:
  void check_scopes() const;
  void check_partitions() const;
  void check_order() const;
  void check_reachable() const;

  int variables_;
  std::vector<Region> regions_;
  std::vector<Partition> partitions_;
  int leaf_regions_ = 0;
};

}  // namespace spvae
