#include "spvae/plot/write_plot.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"
#include "spvae/plot/plot_testing.h"

namespace spvae {
namespace {

using testing::expect_error;
using testing::kWhitePixel;
using testing::Pixels;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Picture blob(int height, int width, double scale) {
  Picture image{.height = height, .width = width};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const double distance = std::hypot(y - height / 2.0, x - width / 2.0);
      image.pixels.push_back(static_cast<std::uint8_t>(255 * std::exp(-distance / scale)));
    }
  }
  return image;
}

Chart chart(const std::string& title, double shift) {
  const std::vector<double> sizes = {0.5, 1, 2, 3, 4, 5, 6, 8, 10, 20, 40, 60, 100};
  Chart chart{.title = title,
              .x = {.label = "training set / %", .logarithmic = true},
              .y = {.label = "test log-likelihood / nats"},
              .series = {{.name = "SPVAE", .x = sizes}, {.name = "VAE", .x = sizes}}};
  for (const double size : sizes) {
    chart.series[0].y.push_back(shift + 900 * std::log10(size));
    chart.series[0].error.push_back(60 / std::sqrt(size));
    chart.series[1].y.push_back(shift - 400 + 1100 * std::log10(size));
    chart.series[1].error.push_back(160 / std::sqrt(size));
  }
  return chart;
}

HeatMap heat_map() {
  return {
      .title = "validation log-likelihood / nats",
      .x_label = "hidden units",
      .columns = {"8", "16", "32"},
      .y_label = "latent dimensions",
      .rows = {"5", "10", "25"},
      .values = {-1301.2, -1288.9, kNan, -1250.0, -1236.4, -1240.1, kInfinity, -1222.7, -1219.5}};
}

ImageGrid image_grid() {
  ImageGrid grid{.title = "left and right leaf", .columns = 4};
  for (int i = 0; i < 16; ++i) {
    grid.tiles.push_back({.caption = "region " + std::to_string(i),
                          .pictures = {blob(28, 14, 1.0 + i), blob(28, 14, 17.0 - i)}});
  }
  return grid;
}

DividedPicture divided_picture() {
  return {.title = "tree",
          .picture = blob(28, 14, 3.0),
          .cuts = {{.part = {0, 0, 28, 14}, .is_horizontal = true, .before = 7, .level = 1},
                   {.part = {7, 0, 21, 14}, .is_horizontal = false, .before = 7, .level = 2}},
          .labels = {{.part = {0, 0, 7, 14}, .text = "3"}}};
}

PartShares part_shares() {
  return {
      .title = "responsibilities",
      .height = 28,
      .width = 14,
      .parts = {
          {.rectangle = {0, 0, 7, 14}, .names = {"2", "3"}, .shares = {0.25, kNan}, .marked = 1},
          {.rectangle = {7, 0, 21, 14}}}};
}

std::vector<Figure> figures() {
  return {{chart("continuous", 1000), chart("discrete", -600)},
          {heat_map()},
          {image_grid()},
          {divided_picture(), part_shares()},
          {chart("chart", 0), heat_map(), image_grid()}};
}

void expect_well_formed_svg(const std::string& svg) {
  EXPECT_TRUE(svg.starts_with("<?xml"));
  EXPECT_TRUE(svg.ends_with("</svg>\n"));
  // Every element is closed, in order.
  std::vector<std::string> open;
  for (std::size_t place = svg.find('<'); place != std::string::npos;
       place = svg.find('<', place + 1)) {
    const std::size_t end = svg.find('>', place);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = svg.substr(place + 1, end - place - 1);
    EXPECT_EQ(std::ranges::count(tag, '"') % 2, 0) << tag;
    if (tag.starts_with('?') || tag.starts_with('!') || tag.ends_with('/')) continue;
    if (tag.starts_with('/')) {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ(open.back(), tag.substr(1));
      open.pop_back();
    } else {
      open.push_back(tag.substr(0, tag.find(' ')));
    }
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(svg.find("nan"), std::string::npos);
  EXPECT_EQ(svg.find("inf"), std::string::npos);
}

/// Both formats; the PNG has ink and a white margin.
void expect_drawn(const Figure& figure) {
  expect_well_formed_svg(render_plot(figure, PlotFormat::kSvg));
  const Pixels pixels(render_plot(figure, PlotFormat::kPng));
  const int all = pixels.width() * pixels.height();
  EXPECT_LT(pixels.count(pixels.page(), kWhitePixel), all);
  for (int x = 0; x < pixels.width(); ++x) {
    ASSERT_EQ(pixels.at(x, 0), kWhitePixel);
    ASSERT_EQ(pixels.at(x, pixels.height() - 1), kWhitePixel);
  }
  for (int y = 0; y < pixels.height(); ++y) {
    ASSERT_EQ(pixels.at(0, y), kWhitePixel);
    ASSERT_EQ(pixels.at(pixels.width() - 1, y), kWhitePixel);
  }
}

TEST(WritePlot, DrawsEveryKindOfPanelInBothFormats) {
  for (const Figure& figure : figures()) expect_drawn(figure);
}

TEST(WritePlot, GivesTheSameBytesForTheSameFigure) {
  for (const Figure& figure : figures()) {
    for (const PlotFormat format : {PlotFormat::kSvg, PlotFormat::kPng}) {
      const std::string first = render_plot(figure, format);
      render_plot({image_grid()}, PlotFormat::kSvg);
      EXPECT_EQ(render_plot(figure, format), first);
      EXPECT_LT(first.size(), 250'000U);
    }
  }
}

TEST(WritePlot, MakesAPngTwiceAsLargeAsTheSvgInPoints) {
  const Figure figure = {chart("chart", 0)};
  const Pixels pixels(render_plot(figure, PlotFormat::kPng));
  const std::string svg = render_plot(figure, PlotFormat::kSvg);
  EXPECT_NE(svg.find(fmt::format("width=\"{}pt\" height=\"{}pt\"", pixels.width() / 2,
                                 pixels.height() / 2)),
            std::string::npos)
      << svg.substr(0, 300);
}

TEST(WritePlot, PutsPanelsSideBySideWithOneLegendForAll) {
  const auto width = [](const Figure& figure) {
    return Pixels(render_plot(figure, PlotFormat::kPng)).width();
  };
  const auto height = [](const Figure& figure) {
    return Pixels(render_plot(figure, PlotFormat::kPng)).height();
  };
  const Chart one = chart("chart", 0);
  EXPECT_GT(width({one, one}), 2 * width({one}));
  EXPECT_LT(width({one, one}), 2 * width({one}) + 60);
  EXPECT_EQ(height({one, one}), height({one}));
}

TEST(WritePlot, DrawsOddInput) {
  const std::string name = "a name so long that it cannot stand in any legend, let alone in " +
                           std::string(300, 'W') + " a narrow one";
  const std::vector<Series> odd = {
      {},
      {.name = "point", .x = {3.0}, .y = {4.0}},
      {.name = "equal", .x = {1, 1, 1}, .y = {2, 2, 2}, .error = {0, 0, 0}},
      {.name = "nothing", .x = {kNan, kInfinity}, .y = {1.0, -kInfinity}},
      {.name = "errors", .x = {1, 2, 3}, .y = {1, 2, 3}, .error = {kNan, kInfinity, -1}},
      {.name = "huge", .x = {-1e300, 1e249}, .y = {1e308, -1e249}, .error = {1e308, 1e250}},
      {.name = "tiny", .x = {5e-324, 1e-310}, .y = {0.0, -5e-324}},
      {.name = "close", .x = {1, 2}, .y = {1.0, 1.0 + 1e-15}},
      {.name = name, .x = {1, 2}, .y = {1, 2}},
      {.name = "\xff\n", .x = {1, 2}, .y = {1, 2}},
  };
  for (const bool x_log : {false, true}) {
    for (const bool y_log : {false, true}) {
      const Chart empty{.x = {.label = {}, .logarithmic = x_log},
                        .y = {.label = {}, .logarithmic = y_log}};
      expect_drawn({empty});
      Chart all{.title = name, .x = {name, x_log}, .y = {name, y_log}, .series = odd};
      expect_drawn({all});
      for (const Series& series : odd) {
        Chart single = empty;
        single.series = {series};
        expect_drawn({single, single});
      }
    }
  }
  expect_drawn({HeatMap{.title = name,
                        .x_label = name,
                        .columns = {name},
                        .y_label = name,
                        .rows = {name, "\xff"},
                        .values = {1e300, -1e-300}}});
  expect_drawn({ImageGrid{.title = name,
                          .columns = 3,
                          .tiles = {{.caption = name, .pictures = {blob(1, 1, 1.0)}},
                                    {.pictures = {}},
                                    {.caption = "wide", .pictures = {blob(2, 600, 9.0)}}}}});
}

TEST(WritePlot, LeavesAPageWhiteThatHasNothingOnIt) {
  for (const Figure& figure : {Figure{}, Figure{HeatMap{}}, Figure{ImageGrid{}}}) {
    expect_well_formed_svg(render_plot(figure, PlotFormat::kSvg));
    const Pixels pixels(render_plot(figure, PlotFormat::kPng));
    EXPECT_EQ(pixels.count(pixels.page(), kWhitePixel), pixels.width() * pixels.height());
  }
}

TEST(WritePlot, WritesTheFormatThatTheEndingNames) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"plot.svg", "plot.png"}) {
    const std::filesystem::path path = folder.path() / name;
    const Figure figure = {heat_map()};
    write_plot(path, figure);
    EXPECT_EQ(read_file(path), render_plot(figure, plot_format(path)));
  }
  EXPECT_TRUE(read_file(folder.path() / "plot.png").starts_with("\x89PNG"));
}

TEST(WritePlot, RefusesOtherEndingsAndMissingFolders) {
  const testing::TemporaryFolder folder;
  for (const char* name : {"plot", "plot.pdf", "plot.SVG", ".png"}) {
    expect_error(ErrorKind::kUsage, "expected .svg or .png",
                 [&] { write_plot(folder.path() / name, {heat_map()}); });
    EXPECT_FALSE(std::filesystem::exists(folder.path() / name));
  }
  expect_error(ErrorKind::kCannotCreate, "none/plot.svg",
               [&] { write_plot(folder.path() / "none/plot.svg", {heat_map()}); });
}

TEST(WritePlot, SaysSoIfAPngWouldBeTooLarge) {
  ImageGrid grid{.columns = 1000};
  grid.tiles.assign(1000, {.pictures = {blob(28, 28, 9.0)}});
  expect_error(ErrorKind::kCannotCreate, "points cannot be drawn as PNG",
               [&] { render_plot({grid}, PlotFormat::kPng); });
}

}  // namespace
}  // namespace spvae
