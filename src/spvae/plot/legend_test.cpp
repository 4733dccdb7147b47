#include "spvae/plot/legend.h"

#include <gtest/gtest.h>

namespace spvae::plot {
namespace {

Series named(const std::string& name, bool joined = true) {
  return {.name = name, .x = {1.0}, .y = {1.0}, .joined = joined};
}

TEST(SeriesStyles, AreSharedByNameInAllCharts) {
  const Figure figure = {Chart{.series = {named("a"), named("b")}}, HeatMap{},
                         Chart{.series = {named("c"), named("b")}}};
  const SeriesStyles styles(figure);
  EXPECT_EQ(styles.entries().size(), 3U);
  EXPECT_EQ(styles.style(named("b")).marker, series_style(1).marker);
  EXPECT_EQ(styles.style(named("c")).marker, series_style(2).marker);
}

TEST(Legend, HasARowForNamedSeriesAndMoreWhereTheyAreTooWide) {
  const Canvas canvas(PlotFormat::kPng, {1.0, 1.0});
  const auto height = [&](const std::vector<Series>& series, double width) {
    const SeriesStyles styles({Chart{.series = series}});
    return Legend(canvas, styles, width).height();
  };
  EXPECT_EQ(height({}, 300.0), 0.0);
  EXPECT_EQ(height({named("")}, 300.0), 0.0);
  const double row = height({named("a")}, 300.0);
  EXPECT_GT(row, 0.0);
  EXPECT_EQ(height({named("a"), named("b"), named("")}, 300.0), row);
  EXPECT_EQ(height({named("a"), named("b"), named("c")}, 60.0), 3 * row);
  EXPECT_EQ(height({named(std::string(1000, 'x')), named("b")}, 300.0), 2 * row);
}

}  // namespace
}  // namespace spvae::plot
