#include "spvae/report/explanation_figure.h"

#include <gtest/gtest.h>

#include <memory>
#include <variant>
#include <vector>

namespace spvae {
namespace {

/// 2 × 4 pixels in two super-pixels of two leaves each: leaves 0 and 1 left, 2 and 3 right.
Explanation hand_made() {
  return {.nodes = {{.node = 4,
                     .parent = -1,
                     .rectangle = {0, 0, 2, 4},
                     .branch = 2,
                     .probability = 0.75,
                     .left = 1,
                     .right = 2},
                    {.node = 1, .parent = 0, .level = 1, .rectangle = {0, 0, 2, 2}},
                    {.node = 2, .parent = 0, .level = 1, .rectangle = {0, 2, 2, 2}}},
          .probability = 0.75,
          .responsibilities = {0.25, 0.75, 0.875, 0.125}};
}

TEST(ExplanationFigure, DrawsNoCutWhereASumChoosesALeaf) {
  const Spvae model({.height = 2,
                     .width = 4,
                     .delta = 2,
                     .product = Product::kElementwise,
                     .leaf = {.hidden = 2, .latent = 2}});
  Explanation explanation = hand_made();
  explanation.nodes[1] = {
      .node = 5, .parent = 0, .level = 1, .rectangle = {0, 0, 2, 2}, .branch = 1, .left = 3};
  explanation.nodes.push_back({.node = 1, .parent = 1, .level = 2, .rectangle = {0, 0, 2, 2}});
  const Picture picture{.height = 2, .width = 4, .pixels = {1, 2, 3, 4, 5, 6, 7, 8}};
  const auto divided = std::get<DividedPicture>(explanation_figure(model, explanation, picture)[0]);
  EXPECT_EQ(divided.cuts.size(), 1u);
  EXPECT_EQ(divided.labels.size(), 2u);
}

TEST(ExplanationFigure, ShowsCutsChosenLeavesAndResponsibilities) {
  const Spvae model({.height = 2, .width = 4, .delta = 2, .leaf = {.hidden = 2, .latent = 2}});
  ASSERT_EQ(model.graph().leaf_regions(), 2);
  const Picture picture{.height = 2, .width = 4, .pixels = {1, 2, 3, 4, 5, 6, 7, 8}};
  const Figure figure = explanation_figure(model, hand_made(), picture);
  ASSERT_EQ(figure.size(), 2u);
  const auto& divided = std::get<DividedPicture>(figure[0]);
  EXPECT_EQ(divided.picture, picture);
  ASSERT_EQ(divided.cuts.size(), 1u);
  EXPECT_FALSE(divided.cuts[0].is_horizontal);
  EXPECT_EQ(divided.cuts[0].before, 2);
  EXPECT_EQ(divided.cuts[0].level, 1);
  ASSERT_EQ(divided.labels.size(), 2u);
  EXPECT_EQ(divided.labels[0].text, "1");
  EXPECT_EQ(divided.labels[1].text, "2");
  const auto& map = std::get<PartShares>(figure[1]);
  ASSERT_EQ(map.parts.size(), 2u);
  EXPECT_EQ(map.parts[0].rectangle, (PixelRectangle{0, 0, 2, 2}));
  EXPECT_EQ(map.parts[0].shares, (std::vector<double>{0.25, 0.75}));
  EXPECT_EQ(map.parts[0].marked, 1);
  EXPECT_EQ(map.parts[1].names, (std::vector<std::string>{"2", "3"}));
  EXPECT_EQ(map.parts[1].marked, 0);
}

TEST(ExplanationFigure, ShowsThePixelsOfEachLeafWhereTheyAreNoTiles) {
  const auto graph = std::make_shared<const RegionGraph>(
      8, std::vector<Region>{{{0, 2, 5, 7}}, {{1, 3, 4, 6}}, {{0, 1, 2, 3, 4, 5, 6, 7}}},
      std::vector<Partition>{{2, 0, 1}});
  const Spvae model({.structure = Structure::kFile,
                     .height = 2,
                     .width = 4,
                     .graph = graph,
                     .leaf = {.hidden = 2, .latent = 2}});
  const Picture picture{.height = 2, .width = 4, .pixels = {1, 2, 3, 4, 5, 6, 7, 8}};
  const Figure figure = explanation_figure(model, hand_made(), picture);
  ASSERT_EQ(figure.size(), 1u);
  const auto& grid = std::get<ImageGrid>(figure[0]);
  ASSERT_EQ(grid.tiles.size(), 2u);
  EXPECT_EQ(grid.tiles[0].caption, "leaf 1: 75%");
  EXPECT_EQ(grid.tiles[0].pictures[0].pixels,
            (std::vector<std::uint8_t>{1, 128, 3, 128, 128, 6, 128, 8}));
  EXPECT_EQ(grid.tiles[1].pictures[0].pixels,
            (std::vector<std::uint8_t>{128, 2, 128, 4, 5, 128, 7, 128}));
}

}  // namespace
}  // namespace spvae
