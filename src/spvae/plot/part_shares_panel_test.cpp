#include "spvae/plot/panels.h"

#include <gtest/gtest.h>

#include "spvae/plot/plot_testing.h"

namespace spvae::plot {
namespace {

using testing::drawn;
using testing::Pixels;
using testing::Rgb;

constexpr Rgb kBlackPixel = {0, 0, 0};

/// The area in points that is gray or black, of one part of 168 × 336 points without room for text.
double filled(const std::vector<double>& shares, int marked) {
  PartShares map{.height = 2, .width = 2};
  map.parts.push_back({.rectangle = {0, 1, 2, 1},
                       .names = std::vector<std::string>(shares.size(), std::string(100, 'w')),
                       .shares = shares,
                       .marked = marked});
  const PartSharesPanel panel(map);
  const Pixels pixels = drawn(panel);
  const Rectangle& frame = panel.box().frame;
  // Within the outlines.
  const Rectangle inside = {frame.x + 172, frame.y + 4, 160, 328};
  EXPECT_EQ(pixels.count({frame.x, frame.y, 166, 336}, testing::kWhitePixel), 332 * 672);
  const Rgb gray = {184, 184, 184};
  return (pixels.count(inside, gray) + pixels.count(inside, kBlackPixel)) / 4.0;
}

TEST(PartSharesPanel, DrawsBarsAsLongAsTheirShares) {
  const double whole = filled({1}, -1);
  EXPECT_GT(whole, 1000);
  EXPECT_NEAR(filled({0.5}, -1), whole / 2, whole * 0.02);
  EXPECT_NEAR(filled({0.25, 0.75}, -1), whole, whole * 0.02);
  EXPECT_NEAR(filled({7}, -1), whole, 1e-9);
  EXPECT_NEAR(filled({0}, -1), 0, whole * 0.01);
}

TEST(PartSharesPanel, DrawsTheMarkedBarBlack) {
  const auto black = [](int marked) {
    PartShares map{.height = 1, .width = 1};
    map.parts.push_back(
        {.rectangle = {0, 0, 1, 1}, .names = {"0", "1"}, .shares = {0.2, 0.8}, .marked = marked});
    const PartSharesPanel panel(map);
    return drawn(panel).count(panel.box().frame, kBlackPixel);
  };
  EXPECT_GT(black(0), black(-1) + 500);
  EXPECT_GT(black(1), 2 * black(0));
}

}  // namespace
}  // namespace spvae::plot
