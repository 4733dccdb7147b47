#include "spvae/report/blame.h"

#include <gmock/gmock.h>

namespace spvae {
namespace {

using ::testing::ElementsAre;

/// Two pixels of one row, a leaf region each.
const RegionGraph& two_pixels() {
  static const RegionGraph graph(2, {{{0}}, {{1}}, {{0, 1}}}, {{2, 0, 1}});
  return graph;
}

TEST(Blame, IsRedWhereAnImageIsStrangerThanUsualAndBlueWhereItIsMoreCommon) {
  const ImageSet images{
      .height = 1, .width = 2, .values = {0, 0, 1, 1, 0, 0}, .indices = {0, 1, 2}};
  // Means are −2 and 4; the largest difference is that of the second image's second pixel.
  const std::vector<double> contributions = {-2, 3, -5, 7, 1, 2};
  const std::vector<std::size_t> chosen = {1, 0};
  const std::vector<Picture> pictures = blame_pictures(two_pixels(), images, contributions, chosen);
  ASSERT_EQ(pictures.size(), 2U);
  EXPECT_EQ(pictures[0].channels, 3);
  EXPECT_THAT(pictures[0].pixels, ElementsAre(229, 86, 86, 94, 131, 229));
  EXPECT_THAT(pictures[1].pixels, ElementsAre(0, 0, 0, 55, 8, 8));
}

TEST(Blame, OfEqualImagesIsTheImageInGray) {
  const ImageSet images{.height = 1,
                        .width = 1,
                        .channels = 3,
                        .values = {0, 1, 0.5f, 0, 1, 0.5f},
                        .indices = {0, 1}};
  const RegionGraph graph(3, {{{0, 1, 2}}}, {});
  const std::vector<double> contributions = {3, 3};
  const std::vector<std::size_t> chosen = {0};
  EXPECT_THAT(blame_pictures(graph, images, contributions, chosen)[0].pixels,
              ElementsAre(128, 128, 128));
}

}  // namespace
}  // namespace spvae
