#include "spvae/structure/region_graph.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/core/index.h"

namespace spvae {

RegionGraph::RegionGraph(int variables, std::vector<Region> regions,
                         std::vector<Partition> partitions)
    : variables_(variables), regions_(std::move(regions)), partitions_(std::move(partitions)) {
  if (variables_ < 1) {
    fail(ErrorKind::kUsage, "region graph: got {} variables, expected at least 1", variables_);
  }
  if (regions_.empty()) fail(ErrorKind::kUsage, "region graph: no regions, expected a root");
  check_scopes();
  check_order();
  leaf_regions_ =
      partitions_.empty() ? static_cast<int>(regions_.size()) : partitions_.front().region;
  check_partitions();
  check_reachable();
}

void RegionGraph::check_scopes() const {
  for (std::size_t r = 0; r < regions_.size(); ++r) {
    const std::vector<int>& scope = regions_[r].scope;
    if (scope.empty()) fail(ErrorKind::kUsage, "region {}: its scope is empty", r);
    if (std::adjacent_find(scope.begin(), scope.end(), std::greater_equal<>()) != scope.end()) {
      fail(ErrorKind::kUsage, "region {}: its scope is not sorted, or names a pixel twice", r);
    }
    if (scope.front() < 0 || scope.back() >= variables_) {
      fail(ErrorKind::kUsage, "region {}: its scope names pixel {}, expected 0 to {}", r,
           scope.front() < 0 ? scope.front() : scope.back(), variables_ - 1);
    }
  }
  // Sorted and within range, so its size tells whether the root's scope is everything.
  const std::size_t covered = regions_.back().scope.size();
  if (covered != index(variables_)) {
    fail(ErrorKind::kUsage, "region {}: the root covers {} of {} pixels, expected all", root(),
         covered, variables_);
  }
}

void RegionGraph::check_order() const {
  int previous = -1;
  for (const Partition& partition : partitions_) {
    const int region = partition.region;
    if (region < 0 || region > root()) {
      fail(ErrorKind::kUsage, "region {}: a partition divides it, expected regions 0 to {}", region,
           root());
    }
    for (const int child : {partition.left, partition.right}) {
      if (child < 0 || child >= region) {
        fail(ErrorKind::kUsage,
             "region {}: a partition has the part {}; parts must come before their whole", region,
             child);
      }
    }
    if (region < previous) {
      fail(ErrorKind::kUsage,
           "region {}: partitions must be sorted by region, but one of {} is "
           "before it",
           region, previous);
    }
    if (previous != -1 && region > previous + 1) {
      fail(ErrorKind::kUsage, "region {}: it has no partition; leaf regions must come first",
           previous + 1);
    }
    previous = region;
  }
  if (previous != -1 && previous != root()) {
    fail(ErrorKind::kUsage, "region {}: it has no partition; leaf regions must come first",
         previous + 1);
  }
}

void RegionGraph::check_partitions() const {
  std::vector<int> merged;
  for (const Partition& partition : partitions_) {
    const std::vector<int>& whole = regions_[index(partition.region)].scope;
    const std::vector<int>& left = regions_[index(partition.left)].scope;
    const std::vector<int>& right = regions_[index(partition.right)].scope;
    merged.resize(left.size() + right.size());
    std::merge(left.begin(), left.end(), right.begin(), right.end(), merged.begin());
    const auto twice = std::adjacent_find(merged.begin(), merged.end());
    if (twice != merged.end()) {
      fail(ErrorKind::kUsage,
           "region {}: the parts {} and {} share pixel {}, expected disjoint scopes "
           "(decomposability)",
           partition.region, partition.left, partition.right, *twice);
    }
    if (merged != whole) {
      fail(ErrorKind::kUsage,
           "region {}: the parts {} and {} together have another scope than it, expected the same "
           "(completeness)",
           partition.region, partition.left, partition.right);
    }
  }
}

void RegionGraph::check_reachable() const {
  std::vector<bool> reached(regions_.size(), false);
  reached.back() = true;
  for (auto partition = partitions_.rbegin(); partition != partitions_.rend(); ++partition) {
    if (!reached[index(partition->region)]) continue;
    reached[index(partition->left)] = true;
    reached[index(partition->right)] = true;
  }
  const auto missed = std::find(reached.begin(), reached.end(), false);
  if (missed != reached.end()) {
    fail(ErrorKind::kUsage, "region {}: it cannot be reached from the root",
         missed - reached.begin());
  }
}

}  // namespace spvae
