#include "spvae/plot/panels.h"

#include <gtest/gtest.h>

#include "spvae/plot/plot_testing.h"

namespace spvae::plot {
namespace {

using testing::drawn;
using testing::Pixels;

Picture ramp(int height, int width) {
  Picture image{.height = height, .width = width};
  for (int i = 0; i < height * width; ++i) {
    image.pixels.push_back(static_cast<std::uint8_t>(255 - 3 * i));
  }
  return image;
}

TEST(ImageGridPanel, ShowsEveryPixelAsACrispSquareOfItsGray) {
  const Picture image = ramp(4, 7);
  const Canvas measure(PlotFormat::kPng, {1.0, 1.0});
  const ImageGrid grid{.columns = 1, .tiles = {{.pictures = {image}}}};
  const ImageGridPanel panel(measure, grid);
  EXPECT_EQ(panel.pixel_size(), 8);  // 7 · 8 = 56 points
  const Pixels pixels = drawn(panel);
  const int origin_x = static_cast<int>(2 * panel.box().frame.x);
  const int origin_y = static_cast<int>(2 * panel.box().frame.y);
  for (int y = 0; y < 4 * 16; ++y) {
    for (int x = 0; x < 7 * 16; ++x) {
      const int gray = image.pixels[static_cast<std::size_t>(y / 16 * 7 + x / 16)];
      ASSERT_EQ(pixels.at(origin_x + x, origin_y + y), (testing::Rgb{gray, gray, gray}))
          << x << " " << y;
    }
  }
}

TEST(ImageGridPanel, ShowsColours) {
  const Picture image{.height = 1, .width = 2, .channels = 3, .pixels = {255, 128, 0, 1, 2, 250}};
  const Canvas measure(PlotFormat::kPng, {1.0, 1.0});
  const ImageGrid grid{.columns = 1, .tiles = {{.pictures = {image}}}};
  const ImageGridPanel panel(measure, grid);
  const Pixels pixels = drawn(panel);
  const Rectangle frame = panel.box().frame;
  EXPECT_EQ(pixels.at({frame.x + 1, frame.y + 1}), (testing::Rgb{255, 128, 0}));
  EXPECT_EQ(pixels.at({frame.x + panel.pixel_size() + 1, frame.y + 1}), (testing::Rgb{1, 2, 250}));
}

TEST(ImageGridPanel, EnlargesAllPicturesByTheSameWholeNumber) {
  const Canvas measure(PlotFormat::kPng, {1.0, 1.0});
  const auto pixel_size = [&](const std::vector<Picture>& pictures) {
    const ImageGrid grid{.title = {}, .columns = 2, .tiles = {{.pictures = pictures}}};
    return ImageGridPanel(measure, grid).pixel_size();
  };
  EXPECT_EQ(pixel_size({ramp(28, 28)}), 2);
  EXPECT_EQ(pixel_size({ramp(7, 14), ramp(2, 2)}), 4);
  EXPECT_EQ(pixel_size({ramp(32, 32)}), 1);
  EXPECT_EQ(pixel_size({ramp(3, 300)}), 1);
  EXPECT_EQ(pixel_size({ramp(3, 2048)}), 0.25);
  EXPECT_EQ(pixel_size({}), 56);
}

TEST(ImageGridPanel, HasRowsOfItsColumns) {
  const Canvas measure(PlotFormat::kPng, {1.0, 1.0});
  const auto size = [&](int columns, std::size_t tiles) {
    ImageGrid grid{.columns = columns};
    grid.tiles.assign(tiles, {.pictures = {ramp(28, 28), ramp(28, 28)}});
    return ImageGridPanel(measure, grid).box().frame;
  };
  const Rectangle one = size(4, 1);
  EXPECT_EQ(one.width, 2 * 56.0 + 2.0);
  EXPECT_EQ(one.height, 56.0);
  EXPECT_EQ(size(4, 16).width, 4 * one.width + 3 * 12.0);
  EXPECT_EQ(size(4, 16).height, 4 * one.height + 3 * 12.0);
  EXPECT_EQ(size(4, 5).height, 2 * one.height + 12.0);
  EXPECT_EQ(size(1'000'000, 2).width, 2 * one.width + 12.0);
  EXPECT_EQ(size(3, 0).width, 0.0);
}

}  // namespace
}  // namespace spvae::plot
