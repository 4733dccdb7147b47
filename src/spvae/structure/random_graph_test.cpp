#include "spvae/structure/random_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/index.h"

namespace spvae {
namespace {

const std::vector<int>& scope(const RegionGraph& graph, int region) {
  return graph.regions()[index(region)].scope;
}

std::vector<std::vector<int>> leaf_scopes(const RegionGraph& graph) {
  std::vector<std::vector<int>> scopes;
  for (int leaf = 0; leaf < graph.leaf_regions(); ++leaf) scopes.push_back(scope(graph, leaf));
  return scopes;
}

TEST(RandomGraph, HalvesItsRegionsDownToLeavesOfTheSizeThatIsAllowed) {
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{{28, 28}, {5, 7}, {1, 13}}) {
    for (const int channels : {1, 3}) {
      for (const int most : {1, 3, 20, 64}) {
        const RegionGraph graph = random_graph(height, width, channels, most, 3, 1);
        for (const Partition& p : graph.partitions()) {
          const auto left = scope(graph, p.left).size();
          const auto right = scope(graph, p.right).size();
          EXPECT_TRUE(left == right || left == right + index(channels)) << left << " " << right;
          EXPECT_GT(scope(graph, p.region).size(), index(std::max(most / channels, 1) * channels));
        }
        for (const auto& leaf : leaf_scopes(graph)) {
          EXPECT_LE(leaf.size(), index(std::max(most, channels)));
        }
      }
    }
  }
}

TEST(RandomGraph, HasAPartitionOfTheRootForEachRepetition) {
  const RegionGraph graph = random_graph(28, 28, 1, 64, 5, 0);
  EXPECT_EQ(graph.leaf_regions(), 5 * 16);  // 784 / 2⁴ = 49
  EXPECT_EQ(graph.regions().size(), index(5 * (16 + 8 + 4 + 2) + 1));
  EXPECT_EQ(graph.partitions().size(), index(5 * 15));
  EXPECT_EQ(std::ranges::count(graph.partitions(), graph.root(), &Partition::region), 5);
}

TEST(RandomGraph, HoldsAllChannelsOfAPixelTogether) {
  const RegionGraph gray = random_graph(5, 7, 1, 4, 2, 3);
  const RegionGraph colour = random_graph(5, 7, 3, 12, 2, 3);
  ASSERT_EQ(colour.regions().size(), gray.regions().size());
  for (int region = 0; region <= gray.root(); ++region) {
    std::vector<int> expected;
    for (const int pixel : scope(gray, region)) {
      for (int channel = 0; channel < 3; ++channel) expected.push_back(3 * pixel + channel);
    }
    EXPECT_EQ(scope(colour, region), expected);
  }
}

TEST(RandomGraph, FollowsFromItsSeedAlone) {
  const auto leaves = [](int repetitions, std::uint32_t seed) {
    return leaf_scopes(random_graph(6, 6, 1, 9, repetitions, seed));
  };
  EXPECT_EQ(leaves(2, 7), leaves(2, 7));
  EXPECT_NE(leaves(2, 7), leaves(2, 8));
  // A repetition is what it is without the others, and they differ.
  const auto one = leaves(1, 7);
  const auto three = leaves(3, 7);
  ASSERT_EQ(three.size(), 3 * one.size());
  EXPECT_TRUE(std::equal(one.begin(), one.end(), three.begin()));
  for (const auto& scope : one) EXPECT_EQ(std::ranges::count(three, scope), 1);
}

TEST(RandomGraph, PutsTwoPixelsInOneHalfAsOftenAsChanceDoes) {
  constexpr int kGraphs = 2000;
  const RegionGraph graph = random_graph(2, 4, 1, 4, kGraphs, 5);
  int together = 0;
  for (const Partition& p : graph.partitions()) {
    const auto& left = scope(graph, p.left);
    const auto has = [&left](int pixel) { return std::ranges::find(left, pixel) != left.end(); };
    together += has(0) == has(7);
  }
  const double expected = kGraphs * 3.0 / 7;  // of the 7 others, 3 are in the pixel's half
  EXPECT_NEAR(together, expected, 4 * std::sqrt(expected * 4 / 7));
}

TEST(RandomGraph, IsOneLeafRegionWhereItHoldsTheImage) {
  for (const int repetitions : {1, 4}) {
    EXPECT_EQ(random_graph(3, 3, 1, 9, repetitions, 0).regions().size(), 1U);
    EXPECT_EQ(random_graph(1, 1, 3, 1, repetitions, 0).regions().size(), 1U);
  }
}

TEST(RandomGraph, RefusesAbsurdSizes) {
  constexpr int kHuge = std::numeric_limits<int>::max();
  struct Sizes {
    int height, width, leaf_variables, repetitions;
  };
  for (const Sizes& s : {Sizes{0, 4, 1, 1}, Sizes{4, -1, 1, 1}, Sizes{4, 4, 0, 1},
                         Sizes{4, 4, 1, 0}, Sizes{4, 4, 1, kHuge}, Sizes{kHuge, kHuge, kHuge, 1},
                         Sizes{4096, 4096, 1, 1}, Sizes{1, 100'000'000, kHuge, 1}}) {
    EXPECT_THROW(random_graph(s.height, s.width, 1, s.leaf_variables, s.repetitions, 0), Error);
  }
}

}  // namespace
}  // namespace spvae
