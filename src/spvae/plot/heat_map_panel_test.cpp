#include "spvae/plot/panels.h"

#include <gtest/gtest.h>

#include <limits>

#include "spvae/plot/plot_testing.h"

namespace spvae::plot {
namespace {

using testing::drawn;
using testing::Pixels;
using testing::rgb;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Drawing {
  explicit Drawing(const HeatMap& map) : panel(measure, map), pixels(drawn(panel)) {}

  Rectangle cell(int row, int column) const {
    const Size size = panel.cell();
    return {panel.box().frame.x + column * size.width, panel.box().frame.y + row * size.height,
            size.width, size.height};
  }
  /// A place that no text covers.
  testing::Rgb ground(int row, int column) const {
    return pixels.at({cell(row, column).x + 2.0, cell(row, column).y + 2.5});
  }

  Canvas measure{PlotFormat::kPng, {1.0, 1.0}};
  HeatMapPanel panel;
  Pixels pixels;
};

HeatMap map_of(const std::vector<double>& values) {
  return {.x_label = "hidden",
          .columns = {"8", "16", "32"},
          .y_label = "latent",
          .rows = {"10", "25"},
          .values = values};
}

TEST(HeatMapPanel, ShadesValuesFromTheSmallestToTheLargestInTheirCells) {
  const Drawing drawing(map_of({-10.0, 0.0, -5.0, -7.5, -2.5, -10.0}));
  EXPECT_EQ(drawing.ground(0, 0), rgb(viridis(0.0)));
  EXPECT_EQ(drawing.ground(0, 1), rgb(viridis(1.0)));
  EXPECT_EQ(drawing.ground(0, 2), rgb(viridis(0.5)));
  EXPECT_EQ(drawing.ground(1, 0), rgb(viridis(0.25)));
  EXPECT_EQ(drawing.ground(1, 1), rgb(viridis(0.75)));
  EXPECT_EQ(drawing.ground(1, 2), rgb(viridis(0.0)));
}

TEST(HeatMapPanel, PrintsEachValueInATextThatStandsOut) {
  const Drawing drawing(map_of({-10.0, 0.0, -5.0, -7.5, -2.5, -10.0}));
  EXPECT_GT(drawing.pixels.count(drawing.cell(0, 0), rgb(kWhite)), 20);
  EXPECT_GT(drawing.pixels.count(drawing.cell(0, 1), rgb(kBlack)), 5);
}

TEST(HeatMapPanel, HatchesMissingCellsWithoutAText) {
  const Drawing drawing(map_of({kNan, 0.0, kInfinity, -kInfinity, 1.0, 2.0}));
  for (const auto& [row, column] : {std::pair{0, 0}, {0, 2}, {1, 0}}) {
    const Rectangle cell = drawing.cell(row, column);
    const Rectangle inside = {cell.x + 2, cell.y + 2, cell.width - 4, cell.height - 4};
    const int all = static_cast<int>(4 * inside.width * inside.height);
    const int white = drawing.pixels.count(inside, rgb(kWhite));
    EXPECT_GT(white, all / 3);
    EXPECT_LT(white, all);
    EXPECT_EQ(drawing.pixels.count(inside, rgb(kBlack)), 0);
  }
}

TEST(HeatMapPanel, ShadesEqualValuesAllTheSame) {
  const Drawing drawing(map_of(std::vector<double>(6, 3.0)));
  EXPECT_EQ(drawing.ground(0, 0), rgb(viridis(0.5)));
  EXPECT_EQ(drawing.ground(1, 2), rgb(viridis(0.5)));
}

TEST(HeatMapPanel, HasCellsWideEnoughForTheirTexts) {
  HeatMap map = map_of(std::vector<double>(6, -123456789.0));
  map.decimals = 4;
  const Canvas canvas(PlotFormat::kPng, {1.0, 1.0});
  EXPECT_GT(HeatMapPanel(canvas, map).cell().width,
            canvas.text_width("−123,456,789.0000", kTickText));
}

}  // namespace
}  // namespace spvae::plot
