#include "spvae/experiment/latent_space.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "spvae/core/error_testing.h"
#include "spvae/likelihood/likelihood_testing.h"
#include "spvae/model/engine.h"

namespace spvae {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

Spvae model_of(int latent) {
  return Spvae({.height = 4, .width = 6, .delta = 2, .leaf = {.hidden = 3, .latent = latent}});
}

ImageGrid grid_of(const Spvae& model, int side) {
  ThreadPool pool(1);
  return latent_space_grid(model, *make_engine(Engine::kFused, model.leaves(), pool), side);
}

Picture plane_of(const Spvae& model, int leaf, const LatentPlane& plane, int side) {
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  return latent_plane_picture(model, *engine, leaf, plane, side);
}

TEST(LatentSpace, HasATileForEachSuperPixelAndAPictureForEachLeaf) {
  Spvae model = model_of(2);
  model.initialise(1);
  const ImageGrid grid = grid_of(model, 5);
  EXPECT_EQ(grid.columns, 3);
  ASSERT_EQ(grid.tiles.size(), 6u);
  for (const ImageTile& tile : grid.tiles) {
    ASSERT_EQ(tile.pictures.size(), 2u);
    EXPECT_EQ(tile.pictures[0].height, 10);
    EXPECT_EQ(tile.pictures[0].width, 10);
    EXPECT_NE(tile.pictures[0], tile.pictures[1]);
  }
}

TEST(LatentSpace, SaysWhatItsAxesAndWhichItsLeavesAre) {
  Spvae model = model_of(2);
  const ImageGrid grid = grid_of(model, 2);
  EXPECT_THAT(grid.title, StartsWith("Latent spaces of the 12 leaves"));
  EXPECT_THAT(grid.title, HasSubstr("quantiles (i + ½)/2 of the prior"));
  EXPECT_THAT(grid.title, HasSubstr("z0 to the right, z1 upwards"));
  const auto expect_caption = [&](std::size_t tile, const std::string& place) {
    std::vector<int> leaves;  // whose pixels are there
    const std::size_t pixel = tile / 3 * 2 * 6 + tile % 3 * 2;
    for (int leaf = 0; leaf < 12; ++leaf) {
      if (static_cast<std::size_t>(model.leaves().scope(leaf).front()) == pixel) {
        leaves.push_back(leaf);
      }
    }
    EXPECT_EQ(grid.tiles.at(tile).caption,
              fmt::format("{}: leaves {}, {}", place, leaves.at(0), leaves.at(1)));
  };
  expect_caption(0, "row 1, column 1");
  expect_caption(1, "row 1, column 2");
  expect_caption(5, "row 2, column 3");
}

TEST(LatentSpace, OneLeafHasACaptionToo) {
  const Spvae model(
      {.height = 4, .width = 6, .delta = 2, .k_leaf = 1, .leaf = {.hidden = 3, .latent = 2}});
  EXPECT_THAT(grid_of(model, 2).tiles.at(0).caption, MatchesRegex("row 1, column 1: leaf [0-9]"));
}

// All parameters zero but the mean's last biases of one leaf: sigmoid(−20) is black.
TEST(LatentSpace, ExplainsBlackPicturesWhereThereAreAny) {
  Spvae model = model_of(2);
  const auto explanation = [&] {
    return grid_of(model, 2).title.find("Black: leaves of black patches alone");
  };
  const std::size_t bias =
      model.layout().find("leaves.0.decoder_mean.2").offset + std::size_t{7} * 16 + 3 * 4;
  for (std::size_t pixel = 0; pixel < 4; ++pixel) {
    EXPECT_EQ(explanation(), std::string::npos) << pixel;  // part of the patch
    model.parameters()[bias + pixel] = -20;
  }
  EXPECT_NE(explanation(), std::string::npos);
}

// All parameters zero but one: the mean's last bias of one leaf, so that its pixel is bright at
// every code and all others are sigmoid(0), whatever the arrangement.
TEST(LatentSpace, PatchesStandWhereTheirPixelsAre) {
  Spvae model = model_of(2);
  const std::string name = "leaves.0.decoder_mean.2";
  const Tensor& tensor = model.layout().find(name);  // [leaves, 3 + 1, 4 pixels]
  ASSERT_EQ(tensor.shape, (std::vector<std::size_t>{12, 4, 4}));
  const int leaf = 7;
  const std::size_t bias = tensor.offset + 7 * 16 + 3 * 4;
  model.parameters()[bias + 1] = 20;  // the pixel at top right of the patch
  const auto scope = model.leaves().scope(leaf);
  const ImageGrid grid = grid_of(model, 2);
  int bright = 0;
  for (std::size_t tile = 0; tile < grid.tiles.size(); ++tile) {
    for (const Picture& picture : grid.tiles[tile].pictures) {
      for (std::size_t i = 0; i < picture.pixels.size(); ++i) {
        if (picture.pixels[i] != 255) {
          EXPECT_EQ(picture.pixels[i], 128);
          continue;
        }
        ++bright;
        const std::size_t top = static_cast<std::size_t>(scope.front()) / 6 / 2;
        const std::size_t left = static_cast<std::size_t>(scope.front()) % 6 / 2;
        EXPECT_EQ(tile, top * 3 + left);
        EXPECT_EQ(i / 4 % 2, 0u);
        EXPECT_EQ(i % 2, 1u);
      }
    }
  }
  EXPECT_EQ(bright, 4);  // once for each of 2 × 2 codes
}

// A decoder without hidden layers whose mean depends on dimension 2 alone.
TEST(LatentSpace, ShowsThePlaneThatIsAskedFor) {
  Spvae model(
      {.height = 4,
       .width = 6,
       .delta = 2,
       .leaf = {
           .hidden_layers = 0, .latent = 3, .likelihood = gaussian_config(MeanLink::kSigmoid)}});
  const Tensor& tensor = model.layout().find("leaves.0.decoder_mean.0");  // [leaves, 3 + 1, pixels]
  ASSERT_EQ(tensor.shape, (std::vector<std::size_t>{12, 4, 4}));
  for (std::size_t pixel = 0; pixel < 4; ++pixel) {
    model.parameters()[tensor.offset + std::size_t{2} * 4 + pixel] = 3;
  }
  const auto picture = [&](const LatentPlane& plane) { return plane_of(model, 0, plane, 2); };
  // The quantiles of a quarter and of three quarters, ∓0.6745.
  const auto dark = static_cast<std::uint8_t>(std::lround(255 / (1 + std::exp(3 * 0.67449))));
  const auto bright = static_cast<std::uint8_t>(255 - dark);
  const std::vector<std::uint8_t> one_row = {dark, dark, bright, bright,
                                             dark, dark, bright, bright};
  EXPECT_EQ(picture({.across = 2, .upwards = -1}).pixels, one_row);
  const Picture plane = picture({.across = 0, .upwards = 2});
  for (std::size_t i = 0; i < 16; ++i) EXPECT_EQ(plane.pixels[i], i < 8 ? bright : dark) << i;
  for (const std::uint8_t pixel : picture({.across = 0, .upwards = 1}).pixels) {
    EXPECT_EQ(pixel, 128);
  }
}

// A decoder of one super-pixel of 1 × 2 pixels in colour, each with biases of its own.
TEST(LatentSpace, ShowsColours) {
  Spvae model(
      {.height = 1,
       .width = 4,
       .channels = 3,
       .delta = 2,
       .leaf = {
           .hidden_layers = 0, .latent = 2, .likelihood = gaussian_config(MeanLink::kIdentity)}});
  // The super-pixel on the right.
  const Tensor& tensor = model.layout().find("leaves.0.decoder_mean.0");
  ASSERT_EQ(tensor.shape, (std::vector<std::size_t>{4, 3, 6}));
  const std::vector<std::uint8_t> colours = {255, 0, 51, 102, 153, 204};
  for (std::size_t i = 0; i < 6; ++i) {
    model.parameters()[tensor.offset + std::size_t{2} * 18 + 12 + i] =
        static_cast<float>(colours[i]) / 255.0f;
  }
  const Picture plane = plane_of(model, 2, {.upwards = -1}, 2);
  EXPECT_EQ(plane.height, 1);
  EXPECT_EQ(plane.width, 4);
  EXPECT_EQ(plane.channels, 3);
  std::vector<std::uint8_t> expected = colours;  // for both codes
  expected.insert(expected.end(), colours.begin(), colours.end());
  EXPECT_EQ(plane.pixels, expected);
}

TEST(LatentSpace, NeedsTwoDimensions) {
  testing::expect_error(ErrorKind::kUsage, "latent: got 3, expected 2",
                        [] { grid_of(model_of(3), 2); });
}

}  // namespace
}  // namespace spvae
