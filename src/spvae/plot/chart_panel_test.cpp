#include "spvae/plot/panels.h"

#include <gtest/gtest.h>

#include <limits>

#include "spvae/plot/plot_testing.h"

namespace spvae::plot {
namespace {

using testing::drawn;
using testing::Pixels;
using testing::rgb;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

struct Drawing {
  explicit Drawing(const Chart& chart)
      : styles({chart}), panel(measure, chart, styles), pixels(drawn(panel)) {}

  Point place(double x, double y) const {
    return {panel.box().frame.x + panel.x().place(x), panel.box().frame.y + panel.y().place(y)};
  }

  Canvas measure{PlotFormat::kPng, {1.0, 1.0}};
  SeriesStyles styles;
  ChartPanel panel;
  Pixels pixels;
};

Chart chart_of(const Series& series, bool x_logarithmic, bool y_logarithmic) {
  Chart chart;
  chart.x.logarithmic = x_logarithmic;
  chart.y.logarithmic = y_logarithmic;
  chart.series = {series};
  return chart;
}

const testing::Rgb kFirstColour = rgb(series_style(0).colour);

TEST(ChartPanel, HasAMarkerWhereTheScalesSay) {
  const Series series{.name = "points",
                      .x = {0.5, 1.0, 20.0, 100.0},
                      .y = {3.0, 500.0, 40.0, 1000.0},
                      .joined = false};
  for (const bool logarithmic : {false, true}) {
    const Chart chart = chart_of(series, logarithmic, logarithmic);
    const Drawing drawing(chart);
    int inside = 0;
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      const Point point = drawing.place(series.x[i], series.y[i]);
      EXPECT_EQ(drawing.pixels.at(point), kFirstColour) << series.x[i];
      inside += drawing.pixels.count({point.x - 4, point.y - 4, 8, 8}, kFirstColour);
    }
    // And nowhere else.
    EXPECT_EQ(drawing.pixels.count(drawing.pixels.page(), kFirstColour), inside);
  }
}

TEST(ChartPanel, JoinsPointsAndLeavesOutThoseThatAreNotFinite) {
  const Chart chart = chart_of(
      {.x = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0}, .y = {1.0, 1.0, kNan, 1.0, 1.0, 1.2}}, false, false);
  const Drawing drawing(chart);
  EXPECT_EQ(drawing.pixels.at(drawing.place(0.5, 1.0)), kFirstColour);
  EXPECT_NE(drawing.pixels.at(drawing.place(1.5, 1.0)), kFirstColour);
  EXPECT_NE(drawing.pixels.at(drawing.place(2.0, 1.0)), kFirstColour);
  EXPECT_EQ(drawing.pixels.at(drawing.place(3.5, 1.0)), kFirstColour);
}

TEST(ChartPanel, ShowsErrorsAsBarsOfTheirHalfWidths) {
  const Chart chart = chart_of(
      {.x = {0.0, 1.0, 2.0}, .y = {10.0, 10.0, 10.0}, .error = {4.0, kNan, 0.0}, .joined = false},
      false, false);
  const Drawing drawing(chart);
  EXPECT_LE(drawing.panel.y().range().low, 6.0);
  EXPECT_GE(drawing.panel.y().range().high, 14.0);
  const auto ink = [&](double x, double low, double high) {
    const Point top = drawing.place(x, high);
    const Point bottom = drawing.place(x, low);
    return drawing.pixels.count({top.x - 4, top.y, 8, bottom.y - top.y}, kFirstColour);
  };
  EXPECT_GT(ink(0.0, 6.2, 9.0), 0);
  EXPECT_GT(ink(0.0, 11.0, 13.8), 0);
  EXPECT_EQ(ink(0.0, 14.1, 14.3), 0);
  EXPECT_EQ(ink(1.0, 6.2, 9.0), 0);
  EXPECT_EQ(ink(2.0, 6.2, 9.0), 0);
}

TEST(ChartPanel, KeepsABarThatReachesBelowZeroWithinALogarithmicFrame) {
  const Chart chart = chart_of(
      {.x = {0.0, 1.0}, .y = {1.0, 100.0}, .error = {5.0, 0.0}, .joined = false}, false, true);
  const Drawing drawing(chart);
  const Rectangle& frame = drawing.panel.box().frame;
  const Point point = drawing.place(0.0, 1.0);
  EXPECT_EQ(drawing.pixels.count({point.x - 4, frame.bottom() + 1, 8, 12}, kFirstColour), 0);
}

TEST(ChartPanel, ThinsTheMarkersOfALongSeriesButNotItsLine) {
  Series series;
  for (int i = 0; i <= 1000; ++i) {
    series.x.push_back(i);
    series.y.push_back(0.0);
  }
  const Chart chart = chart_of(series, false, false);
  const Drawing drawing(chart);
  const Rectangle& frame = drawing.panel.box().frame;
  const Point middle = drawing.place(500.0, 0.0);
  int line = 0;
  int markers = 0;
  for (double x = frame.x + 13.0; x < frame.right() - 13.0; x += 0.5) {
    line += drawing.pixels.at({x, middle.y}) == kFirstColour ? 1 : 0;
    markers += drawing.pixels.at({x, middle.y + 2.0}) == kFirstColour ? 1 : 0;
  }
  EXPECT_GE(line, 520);
  EXPECT_GT(markers, 20);
  EXPECT_LT(markers, 150);
}

TEST(ChartPanel, HasNoTextsThatTouch) {
  for (const double size : {1e-7, 0.1, 1.0, 123456.0, 9.9e6, 1e12, 1e200}) {
    for (const bool logarithmic : {false, true}) {
      const Chart chart = chart_of({.x = {size, 1.7 * size, 9000 * size}, .y = {0.0, 1.0, 2.0}},
                                   logarithmic, false);
      const Drawing drawing(chart);
      double end = -1e9;
      for (const AxisTick& tick : drawing.panel.axes().x.ticks) {
        const double half = drawing.measure.text_width(tick.text, kTickText) / 2;
        EXPECT_GT(tick.place - half, end) << tick.text;
        end = tick.place + half;
      }
      EXPECT_GE(drawing.panel.axes().x.ticks.size(), 2U);
      EXPECT_GE(drawing.panel.box().size.width, drawing.panel.box().frame.x + end);
    }
  }
}

TEST(ChartPanel, LabelsMoreThanThePowersOfTenOnAnAxisOfFewDecades) {
  const Chart chart = chart_of({.x = {250.0, 50000.0}, .y = {0.0, 1.0}}, true, false);
  const Drawing drawing(chart);
  std::vector<std::string> texts;
  for (const AxisTick& tick : drawing.panel.axes().x.ticks) texts.push_back(tick.text);
  const std::vector<std::string> expected = {"300", "1,000", "3,000", "10,000", "30,000"};
  EXPECT_EQ(texts, expected);
}

}  // namespace
}  // namespace spvae::plot
