#include "spvae/structure/poon_domingos.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "spvae/core/error.h"

namespace spvae {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(PoonDomingos, HasThePapersCounts) {
  for (const auto& [side, step] : {std::pair{28, 7}, std::pair{32, 8}}) {
    const RegionGraph graph = poon_domingos(side, side, step);
    EXPECT_EQ(graph.variables(), side * side);
    EXPECT_EQ(graph.regions().size(), 100U);
    EXPECT_EQ(graph.leaf_regions(), 16);
    EXPECT_EQ(graph.partitions().size(), 200U);
    for (int leaf = 0; leaf < 16; ++leaf) {
      EXPECT_EQ(graph.regions()[static_cast<std::size_t>(leaf)].scope.size(),
                static_cast<std::size_t>(step * step));
    }
  }
}

TEST(PoonDomingos, OrdersRegionsByLevelThenRowsThenPlace) {
  const RegionGraph graph = poon_domingos(2, 2, 1);
  std::vector<std::vector<int>> scopes;
  for (const Region& region : graph.regions()) scopes.push_back(region.scope);
  EXPECT_THAT(scopes, ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2), ElementsAre(3),
                                  ElementsAre(0, 1), ElementsAre(2, 3), ElementsAre(0, 2),
                                  ElementsAre(1, 3), ElementsAre(0, 1, 2, 3)));
}

TEST(PoonDomingos, HoldsAllChannelsOfAPixelTogether) {
  const RegionGraph gray = poon_domingos(5, 7, 2);
  const RegionGraph colour = poon_domingos(5, 7, 2, 3);
  EXPECT_EQ(colour.variables(), 3 * gray.variables());
  ASSERT_EQ(colour.regions().size(), gray.regions().size());
  for (std::size_t region = 0; region < gray.regions().size(); ++region) {
    std::vector<int> expected;
    for (const int pixel : gray.regions()[region].scope) {
      for (int channel = 0; channel < 3; ++channel) expected.push_back(3 * pixel + channel);
    }
    EXPECT_EQ(colour.regions()[region].scope, expected);
  }
}

TEST(PoonDomingos, OrdersPartitionsByRegionHorizontalLinesFirst) {
  const RegionGraph graph = poon_domingos(2, 2, 1);
  std::vector<std::tuple<int, int, int>> partitions;
  for (const Partition& p : graph.partitions()) partitions.emplace_back(p.region, p.left, p.right);
  EXPECT_THAT(partitions,
              ElementsAre(std::tuple(4, 0, 1), std::tuple(5, 2, 3), std::tuple(6, 0, 2),
                          std::tuple(7, 1, 3), std::tuple(8, 4, 5), std::tuple(8, 6, 7)));
}

TEST(PoonDomingos, GivesEachRectangleOfSuperPixelsOnceWithAllItsDivisions) {
  for (int rows = 1; rows <= 5; ++rows) {
    for (int columns = 1; columns <= 5; ++columns) {
      const RegionGraph graph = poon_domingos(rows * 2, columns * 2, 2);
      std::size_t rectangles = 0;
      std::size_t cuts = 0;
      for (int h = 1; h <= rows; ++h) {
        for (int w = 1; w <= columns; ++w) {
          const auto places = static_cast<std::size_t>((rows - h + 1) * (columns - w + 1));
          rectangles += places;
          cuts += places * static_cast<std::size_t>(h + w - 2);
        }
      }
      std::set<std::vector<int>> scopes;
      for (const Region& region : graph.regions()) scopes.insert(region.scope);
      EXPECT_EQ(graph.regions().size(), rectangles) << rows << "×" << columns;
      EXPECT_EQ(scopes.size(), rectangles) << rows << "×" << columns;
      EXPECT_EQ(graph.partitions().size(), cuts) << rows << "×" << columns;
    }
  }
}

TEST(PoonDomingos, MakesTheLastStripNarrowerWhereTheStepDoesNotDivide) {
  const RegionGraph graph = poon_domingos(3, 5, 2);  // strips of 2, 1 down and 2, 2, 1 across
  EXPECT_EQ(graph.leaf_regions(), 6);
  EXPECT_EQ(graph.regions().size(), 18U);
  EXPECT_THAT(graph.regions()[0].scope, ElementsAre(0, 1, 5, 6));
  EXPECT_THAT(graph.regions()[2].scope, ElementsAre(4, 9));
  EXPECT_THAT(graph.regions()[3].scope, ElementsAre(10, 11));
  EXPECT_THAT(graph.regions()[5].scope, ElementsAre(14));
}

TEST(PoonDomingos, IsOneLeafRegionWhereTheStepExceedsTheImage) {
  for (const int step : {3, 4, std::numeric_limits<int>::max()}) {
    const RegionGraph graph = poon_domingos(2, 3, step);
    EXPECT_EQ(graph.regions().size(), 1U);
    EXPECT_EQ(graph.leaf_regions(), 1);
    EXPECT_THAT(graph.regions()[0].scope, ElementsAre(0, 1, 2, 3, 4, 5));
  }
}

TEST(PoonDomingos, ServesLargerImages) {
  const RegionGraph graph = poon_domingos(128, 128, 16);
  EXPECT_EQ(graph.regions().size(), 1296U);
  EXPECT_EQ(graph.leaf_regions(), 64);
}

TEST(PoonDomingos, RefusesAbsurdSizesWithAMessage) {
  constexpr int kHuge = std::numeric_limits<int>::max();
  for (const auto& [height, width, step] :
       std::vector<std::tuple<int, int, int>>{{0, 4, 2},
                                              {4, -1, 2},
                                              {4, 4, 0},
                                              {4, 4, -7},
                                              {28, 28, 1},
                                              {kHuge, kHuge, 1},
                                              {kHuge, kHuge, kHuge},
                                              {kHuge, 1, 1},
                                              {65536, 65536, 32768}}) {
    try {
      poon_domingos(height, width, step);
      ADD_FAILURE() << height << "×" << width << " step " << step << " was accepted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_THAT(error.what(), HasSubstr(std::to_string(step)));
      EXPECT_THAT(error.what(), HasSubstr("expected at"));
    }
  }
}

}  // namespace
}  // namespace spvae
