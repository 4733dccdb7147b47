#include "spvae/plot/panels.h"

#include <gtest/gtest.h>

#include "spvae/plot/plot_testing.h"
#include "spvae/plot/write_plot.h"

namespace spvae::plot {
namespace {

using testing::drawn;
using testing::Pixels;
using testing::Rgb;

constexpr Rgb kBlackPixel = {0, 0, 0};
constexpr Rgb kGrayPixel = {200, 200, 200};

/// 4 × 4 light pixels, 84 points each, cut between rows 1 and 2, then above between columns 2
/// and 3.
DividedPicture divided() {
  return {.picture = {.height = 4, .width = 4, .pixels = std::vector<std::uint8_t>(16, 200)},
          .cuts = {{.part = {0, 0, 4, 4}, .is_horizontal = true, .before = 2, .level = 1},
                   {.part = {0, 0, 2, 4}, .is_horizontal = false, .before = 3, .level = 2}},
          .labels = {{.part = {2, 0, 2, 4}, .text = "17"}}};
}

TEST(DividedPicturePanel, DrawsEachCutWhereItIsAndNoFurther) {
  const DividedPicture picture = divided();
  const DividedPicturePanel panel(picture);
  ASSERT_EQ(panel.pixel_size(), 84);
  const Pixels pixels = drawn(panel);
  const Rectangle& frame = panel.box().frame;
  const auto at = [&](double column, double row) {
    return pixels.at(Point{frame.x + 84 * column, frame.y + 84 * row});
  };
  for (const double column : {0.2, 2.0, 3.5}) EXPECT_EQ(at(column, 2), kBlackPixel) << column;
  for (const double row : {0.2, 1.5}) EXPECT_EQ(at(3, row), kBlackPixel) << row;
  for (const double row : {2.5, 3.5}) EXPECT_EQ(at(3, row), kGrayPixel) << row;
  EXPECT_EQ(at(0.5, 1.5), kGrayPixel);
}

TEST(DividedPicturePanel, DrawsThickerLinesForLowerLevels) {
  const DividedPicture picture = divided();
  const DividedPicturePanel panel(picture);
  const Pixels pixels = drawn(panel);
  const Rectangle& frame = panel.box().frame;
  const int first = pixels.count({frame.x + 84 * 2.2, frame.y + 84 * 2 - 6, 1, 12}, kBlackPixel);
  const int second = pixels.count({frame.x + 84 * 3 - 6, frame.y + 84 * 1.5, 12, 1}, kBlackPixel);
  EXPECT_GT(first, second);
  EXPECT_GT(second, 0);
}

TEST(DividedPicturePanel, DrawsWhiteLinesOverDarkPictures) {
  DividedPicture picture = divided();
  picture.picture.pixels.assign(16, 20);
  const DividedPicturePanel panel(picture);
  const Rectangle& frame = panel.box().frame;
  EXPECT_EQ(drawn(panel).at(Point{frame.x + 84 * 3.5, frame.y + 84 * 2}), testing::kWhitePixel);
}

TEST(DividedPicturePanel, LabelsPartsThatHaveRoom) {
  DividedPicture picture = divided();
  picture.cuts.clear();
  const auto white = [&] {
    const DividedPicturePanel panel(picture);
    return drawn(panel).count(panel.box().frame, testing::kWhitePixel);
  };
  EXPECT_GT(white(), 0);
  picture.labels[0].text = std::string(200, 'w');
  EXPECT_EQ(white(), 0);
}

TEST(DividedPicturePanel, ShowsTheLevelOfACutInItsFirstHalf) {
  DividedPicture picture = divided();
  picture.labels.clear();
  picture.cuts.resize(1);
  const DividedPicturePanel panel(picture);
  const Pixels pixels = drawn(panel);
  const Rectangle& frame = panel.box().frame;
  const auto white = [&](double column) {  // of the level's ground
    return pixels.count({frame.x + 84 * column - 8, frame.y + 84 * 2 - 8, 16, 16},
                        testing::kWhitePixel);
  };
  EXPECT_GT(white(1.5), white(2.5) + 50);
}

TEST(DividedPicturePanel, ShrinksWhatIsTooLargeForAPage) {
  constexpr int kHeight = 3001;
  constexpr int kWidth = 20000;
  DividedPicture picture{.picture = {.height = kHeight, .width = kWidth}};
  for (int i = 0; i < kHeight * kWidth; ++i) {
    const bool is_left = i % kWidth < kWidth / 2;
    picture.picture.pixels.push_back(is_left ? 0 : i % 2 == 0 ? 100 : 200);
  }
  const DividedPicturePanel panel(picture);
  const Rectangle& frame = panel.box().frame;
  EXPECT_EQ(frame.width, kLargestPicture);
  EXPECT_NEAR(frame.height / frame.width, double{kHeight} / kWidth, 1e-9);
  const Pixels pixels = drawn(panel);
  EXPECT_EQ(pixels.at(Point{frame.x + 0.25 * frame.width, frame.centre().y}), kBlackPixel);
  const Rgb right = pixels.at(Point{frame.x + 0.75 * frame.width, frame.centre().y});
  EXPECT_NEAR(right.red, 150, 6);
  EXPECT_FALSE(render_plot({picture}, PlotFormat::kSvg).empty());
}

}  // namespace
}  // namespace spvae::plot
