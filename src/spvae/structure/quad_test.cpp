#include "spvae/structure/quad.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "spvae/core/error.h"

namespace spvae {
namespace {

using ::testing::ElementsAre;

std::size_t size(int i) { return static_cast<std::size_t>(i); }

TEST(QuadTree, IsABinaryTreeOverTheSuperPixelsOfAnyImage) {
  for (int rows = 1; rows <= 9; ++rows) {
    for (int columns = 1; columns <= 9; ++columns) {
      const RegionGraph graph = quad_tree(3 * rows - 1, 3 * columns - 2, 3);
      const int leaves = rows * columns;
      EXPECT_EQ(graph.leaf_regions(), leaves) << rows << "×" << columns;
      EXPECT_EQ(graph.regions().size(), size(2 * leaves - 1)) << rows << "×" << columns;
      EXPECT_EQ(graph.partitions().size(), size(leaves - 1)) << rows << "×" << columns;
    }
  }
}

TEST(QuadGraph, HasTheCountsOfItsRecursionForPowersOfTwo) {
  for (const int side : {1, 2, 4, 8, 16, 32}) {
    const int super_pixels = side * side;
    const int blocks = (super_pixels - 1) / 3;  // 1 + 4 + 16 + …
    const RegionGraph graph = quad_graph(2 * side, 2 * side, 2);
    EXPECT_EQ(graph.leaf_regions(), super_pixels);
    EXPECT_EQ(graph.regions().size(), size(super_pixels + 5 * blocks)) << side;
    EXPECT_EQ(graph.partitions().size(), size(6 * blocks)) << side;
  }
}

TEST(QuadGraph, DividesBlocksOfFourQuartersBothWaysAndTheOthersOneWay) {
  // Of 3 × 3: blocks of 2 × 2 and of the whole have five regions; of 2 × 1 and 1 × 2, one.
  const RegionGraph graph = quad_graph(3, 3, 1);
  EXPECT_EQ(graph.regions().size(), 9U + 5U + 1U + 1U + 5U);
  EXPECT_EQ(graph.partitions().size(), 6U + 1U + 1U + 6U);
  std::map<int, int> ways;
  for (const Partition& partition : graph.partitions()) ++ways[partition.region];
  int both = 0;
  for (const auto& [region, count] : ways) {
    both += count == 2;
    EXPECT_LE(count, 2);
  }
  EXPECT_EQ(both, 2);
}

TEST(QuadGraph, DividesByRowsFirstThenByColumns) {
  const RegionGraph graph = quad_graph(2, 2, 1);
  std::vector<std::vector<int>> scopes;
  for (const Region& region : graph.regions()) scopes.push_back(region.scope);
  EXPECT_THAT(scopes, ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2), ElementsAre(3),
                                  ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(0, 2),
                                  ElementsAre(1, 3), ElementsAre(0, 1, 2, 3)));
  std::vector<std::tuple<int, int, int>> partitions;
  for (const Partition& p : graph.partitions()) partitions.emplace_back(p.region, p.left, p.right);
  EXPECT_THAT(partitions,
              ElementsAre(std::tuple(4, 0, 1), std::tuple(5, 2, 3), std::tuple(6, 0, 2),
                          std::tuple(7, 1, 3), std::tuple(8, 4, 5), std::tuple(8, 6, 7)));
}

TEST(QuadGraph, HasTheRegionsOfTheTreeAmongItsOwn) {
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{{5, 7}, {1, 9}, {12, 4}}) {
    std::set<std::vector<int>> scopes;
    const RegionGraph graph = quad_graph(height, width, 1);
    for (const Region& region : graph.regions()) scopes.insert(region.scope);
    EXPECT_EQ(scopes.size(), graph.regions().size());
    const RegionGraph tree = quad_tree(height, width, 1);
    for (const Region& region : tree.regions()) EXPECT_TRUE(scopes.contains(region.scope));
  }
}

TEST(Quad, RefusesAbsurdSizes) {
  constexpr int kHuge = std::numeric_limits<int>::max();
  for (const auto& [height, width, step] :
       std::vector<std::tuple<int, int, int>>{{0, 4, 2},
                                              {4, -1, 2},
                                              {4, 4, 0},
                                              {kHuge, kHuge, 1},
                                              {kHuge, kHuge, kHuge},
                                              {kHuge, 1, 1},
                                              {2048, 2048, 1}}) {
    EXPECT_THROW(quad_tree(height, width, step), Error) << height << " " << width << " " << step;
    EXPECT_THROW(quad_graph(height, width, step), Error) << height << " " << width << " " << step;
  }
}

}  // namespace
}  // namespace spvae
