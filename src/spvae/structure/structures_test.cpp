#include "spvae/structure/structures.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/error_testing.h"
#include "spvae/structure/graph_file.h"
#include "spvae/structure/poon_domingos.h"

namespace spvae {
namespace {

class OfStructure : public ::testing::TestWithParam<StructureInfo> {};

INSTANTIATE_TEST_SUITE_P(All, OfStructure, ::testing::ValuesIn(structures()), [](const auto& test) {
  std::string name(test.param.name);
  std::erase(name, '-');
  return name;
});

// RegionGraph checks that it is one.
TEST_P(OfStructure, IsARegionGraphThatIsReadBackFromItsJson) {
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{
           {1, 1}, {1, 2}, {1, 9}, {9, 1}, {2, 2}, {3, 3}, {5, 7}, {8, 8}, {11, 6}}) {
    for (const int channels : {1, 3}) {
      for (const int delta : {1, 2, 3}) {
        const StructureConfig config{.height = height,
                                     .width = width,
                                     .channels = channels,
                                     .delta = delta,
                                     .leaf_variables = 3 * delta,
                                     .seed = 3,
                                     .graph = std::make_shared<const RegionGraph>(
                                         poon_domingos(height, width, 2, channels))};
        const RegionGraph graph = GetParam().make(config);
        EXPECT_EQ(graph.variables(), height * width * channels);
        for (const Region& region : graph.regions()) {
          EXPECT_EQ(region.scope.size() % static_cast<std::size_t>(channels), 0U);
        }
        const Json json = region_graph_json(graph, channels);
        const RegionGraph read = region_graph_of(json, graph.variables(), channels);
        EXPECT_EQ(region_graph_json(read, channels), json);
        ASSERT_EQ(read.regions().size(), graph.regions().size());
        for (std::size_t region = 0; region < graph.regions().size(); ++region) {
          EXPECT_EQ(read.regions()[region].scope, graph.regions()[region].scope);
        }
      }
    }
  }
}

TEST(Structures, AreARowForEachInTheOrderOfTheEnumeration) {
  for (std::size_t row = 0; row < structures().size(); ++row) {
    EXPECT_EQ(static_cast<std::size_t>(structures()[row].structure), row);
  }
  EXPECT_TRUE(uses(structure_info(Structure::kPoonDomingos), "delta"));
  EXPECT_TRUE(uses(structure_info(Structure::kRandom), "k-leaf"));
  EXPECT_FALSE(uses(structure_info(Structure::kRandom), "delta"));
  EXPECT_FALSE(uses(structure_info(Structure::kSingleRegion), "k-sum"));
  EXPECT_EQ(structures_that_use("delta"), "poon-domingos, quad-tree, quad-graph");
}

TEST(Structures, OfAFileNeedTheGraphThatItHolds) {
  testing::expect_error(ErrorKind::kUsage, "got no graph, expected one by --graph FILE",
                        [] { structure_info(Structure::kFile).make({}); });
}

}  // namespace
}  // namespace spvae
