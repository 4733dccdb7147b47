#include "spvae/structure/canonical_order.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <queue>
#include <utility>

#include "spvae/core/index.h"

namespace spvae {

RegionGraph in_canonical_order(int variables, std::vector<Region> regions,
                               std::vector<Partition> partitions) {
  std::vector<std::vector<int>> wholes(regions.size());  // of which a region is a part
  std::vector<int> missing(regions.size());              // parts that are not numbered yet
  for (const Partition& partition : partitions) {
    for (const int part : {partition.left, partition.right}) {
      wholes[index(part)].push_back(partition.region);
      ++missing[index(partition.region)];
    }
  }
  std::vector<int> number(regions.size());
  std::vector<Region> ordered;
  ordered.reserve(regions.size());
  std::priority_queue<int, std::vector<int>, std::greater<>> ready;
  const auto append = [&](int region) {
    number[index(region)] = static_cast<int>(ordered.size());
    ordered.push_back(std::move(regions[index(region)]));
    for (const int whole : wholes[index(region)]) {
      if (--missing[index(whole)] == 0) ready.push(whole);
    }
  };
  std::vector<int> leaves;
  for (std::size_t region = 0; region < regions.size(); ++region) {
    if (missing[region] == 0) leaves.push_back(static_cast<int>(region));
  }
  for (const int leaf : leaves) append(leaf);
  while (!ready.empty()) {
    const int region = ready.top();
    ready.pop();
    append(region);
  }
  assert(ordered.size() == regions.size());
  for (Partition& partition : partitions) {
    partition = {number[index(partition.region)], number[index(partition.left)],
                 number[index(partition.right)]};
  }
  std::ranges::stable_sort(partitions, {}, &Partition::region);
  return RegionGraph(variables, std::move(ordered), std::move(partitions));
}

}  // namespace spvae
