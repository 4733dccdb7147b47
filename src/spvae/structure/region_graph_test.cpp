#include "spvae/structure/region_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/structure/single_region.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// Four pixels in a row, three leaf regions: {0 1 2 3} = {0 1} + {2 3}, {2 3} = {2} + {3}.
std::vector<Region> regions() { return {{{0, 1}}, {{2}}, {{3}}, {{2, 3}}, {{0, 1, 2, 3}}}; }
std::vector<Partition> partitions() { return {{3, 1, 2}, {4, 0, 3}}; }

std::string usage_error(int variables, std::vector<Region> r, std::vector<Partition> p) {
  try {
    RegionGraph(variables, std::move(r), std::move(p));
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "no error";
}

TEST(RegionGraph, HoldsAValidGraph) {
  const RegionGraph graph(4, regions(), partitions());
  EXPECT_EQ(graph.variables(), 4);
  EXPECT_EQ(graph.leaf_regions(), 3);
  EXPECT_EQ(graph.root(), 4);
  EXPECT_TRUE(graph.is_leaf(2));
  EXPECT_FALSE(graph.is_leaf(3));
  EXPECT_EQ(graph.partitions().size(), 2U);
  EXPECT_THAT(graph.regions()[3].scope, ElementsAre(2, 3));
}

TEST(RegionGraph, RefusesAGraphOfNothing) {
  EXPECT_THAT(usage_error(0, regions(), partitions()), HasSubstr("0 variables"));
  EXPECT_THAT(usage_error(4, {}, {}), HasSubstr("no regions"));
}

TEST(RegionGraph, RefusesAnEmptyScope) {
  auto r = regions();
  r[1].scope.clear();
  EXPECT_THAT(usage_error(4, r, partitions()), AllOf(HasSubstr("region 1"), HasSubstr("empty")));
}

TEST(RegionGraph, RefusesAnUnsortedScope) {
  auto r = regions();
  std::swap(r[0].scope[0], r[0].scope[1]);
  EXPECT_THAT(usage_error(4, r, partitions()),
              AllOf(HasSubstr("region 0"), HasSubstr("not sorted")));
  r[0].scope = {0, 0};
  EXPECT_THAT(usage_error(4, r, partitions()), AllOf(HasSubstr("region 0"), HasSubstr("twice")));
}

TEST(RegionGraph, RefusesAPixelOutsideOfTheImage) {
  auto r = regions();
  r[2].scope = {4};
  EXPECT_THAT(usage_error(4, r, partitions()), AllOf(HasSubstr("region 2"), HasSubstr("pixel 4")));
  r[2].scope = {-1};
  EXPECT_THAT(usage_error(4, r, partitions()), AllOf(HasSubstr("region 2"), HasSubstr("pixel -1")));
}

TEST(RegionGraph, RefusesARootThatLeavesPixelsOut) {
  EXPECT_THAT(usage_error(5, regions(), partitions()),
              AllOf(HasSubstr("region 4"), HasSubstr("covers 4 of 5")));
}

TEST(RegionGraph, RefusesPartitionsOfOrIntoRegionsThatAreNotThere) {
  EXPECT_THAT(usage_error(4, regions(), {{3, 1, 2}, {4, 0, 3}, {5, 0, 3}}), HasSubstr("region 5"));
  EXPECT_THAT(usage_error(4, regions(), {{-1, 1, 2}}), HasSubstr("region -1"));
  EXPECT_THAT(usage_error(4, regions(), {{3, 1, -2}, {4, 0, 3}}),
              AllOf(HasSubstr("region 3"), HasSubstr("part -2")));
}

TEST(RegionGraph, RefusesAPartThatDoesNotComeBeforeItsWhole) {
  EXPECT_THAT(usage_error(4, regions(), {{3, 1, 3}, {4, 0, 3}}),
              AllOf(HasSubstr("region 3"), HasSubstr("before")));
}

TEST(RegionGraph, RefusesUnsortedPartitions) {
  EXPECT_THAT(usage_error(4, regions(), {{4, 0, 3}, {3, 1, 2}}),
              AllOf(HasSubstr("region 3"), HasSubstr("sorted")));
}

TEST(RegionGraph, RefusesLeafRegionsThatAreNotFirst) {
  EXPECT_THAT(usage_error(3, {{{0}}, {{1}}, {{0, 1}}, {{2}}, {{0, 1, 2}}}, {{2, 0, 1}, {4, 2, 3}}),
              AllOf(HasSubstr("region 3"), HasSubstr("first")));
  EXPECT_THAT(usage_error(2, {{{0}}, {{1}}, {{0, 1}}, {{0, 1}}}, {{2, 0, 1}}),
              AllOf(HasSubstr("region 3"), HasSubstr("first")));
}

TEST(RegionGraph, RefusesPartsThatOverlap) {
  EXPECT_THAT(usage_error(3, {{{0, 1}}, {{1, 2}}, {{0, 1, 2}}}, {{2, 0, 1}}),
              AllOf(HasSubstr("region 2"), HasSubstr("pixel 1"), HasSubstr("decomposability")));
  EXPECT_THAT(usage_error(1, {{{0}}, {{0}}}, {{1, 0, 0}}), HasSubstr("decomposability"));
}

TEST(RegionGraph, RefusesPartsThatAreNotTheWhole) {
  EXPECT_THAT(usage_error(3, {{{0}}, {{1}}, {{0, 1, 2}}}, {{2, 0, 1}}),
              AllOf(HasSubstr("region 2"), HasSubstr("completeness")));
  EXPECT_THAT(usage_error(3, {{{0}}, {{1}}, {{2}}, {{0, 1}}, {{0, 1, 2}}}, {{3, 0, 2}, {4, 3, 2}}),
              AllOf(HasSubstr("region 3"), HasSubstr("completeness")));
}

TEST(RegionGraph, RefusesARegionThatTheRootDoesNotReach) {
  EXPECT_THAT(usage_error(2, {{{0}}, {{1}}, {{1}}, {{0, 1}}}, {{3, 0, 1}}),
              AllOf(HasSubstr("region 2"), HasSubstr("reached")));
  EXPECT_THAT(usage_error(1, {{{0}}, {{0}}}, {}),
              AllOf(HasSubstr("region 0"), HasSubstr("reached")));
}

TEST(SingleRegion, IsOneLeafRegionOverAllPixels) {
  const RegionGraph graph = single_region(2, 3);
  EXPECT_EQ(graph.variables(), 6);
  EXPECT_EQ(graph.root(), 0);
  EXPECT_EQ(graph.leaf_regions(), 1);
  EXPECT_TRUE(graph.partitions().empty());
  EXPECT_THAT(graph.regions()[0].scope, ElementsAre(0, 1, 2, 3, 4, 5));
}

TEST(SingleRegion, RefusesAbsurdSizes) {
  constexpr int kHuge = std::numeric_limits<int>::max();
  for (const auto& [height, width] :
       std::vector<std::pair<int, int>>{{0, 3}, {3, 0}, {-1, 3}, {kHuge, kHuge}}) {
    EXPECT_THROW(single_region(height, width), Error) << height << " " << width;
  }
}

}  // namespace
}  // namespace spvae
