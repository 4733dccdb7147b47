#include "spvae/plot/write_plot.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <optional>
#include <variant>

#include "spvae/core/error.h"
#include "spvae/io/atomic_file.h"
#include "spvae/plot/canvas.h"
#include "spvae/plot/legend.h"
#include "spvae/plot/panels.h"
#include "spvae/plot/text_lines.h"

namespace spvae {
namespace {

using namespace plot;

constexpr double kMargin = 8.0;
constexpr double kPanelGap = 24.0;
constexpr double kTitleGap = 5.0;
constexpr double kLegendGap = 10.0;
constexpr double kNarrowestTitle = 200.0;
constexpr double kNarrowestLegend = 200.0;
constexpr int kTitleLines = 3;

// Lengths are checked once, here.
void check(const Chart& chart) {
  for ([[maybe_unused]] const Series& series : chart.series) {
    assert(series.x.size() == series.y.size());
    assert(series.error.empty() || series.error.size() == series.x.size());
  }
}
void check([[maybe_unused]] const HeatMap& map) {
  assert(map.values.size() == map.rows.size() * map.columns.size() && map.decimals >= 0);
}
void check([[maybe_unused]] const ImageGrid& grid) {
  assert(grid.columns >= 1);
  for ([[maybe_unused]] const ImageTile& tile : grid.tiles) {
    for ([[maybe_unused]] const Picture& image : tile.pictures) {
      assert(image.height >= 1 && image.width >= 1);
    }
  }
}

void check([[maybe_unused]] const DividedPicture& divided) {
  assert(divided.picture.height >= 1 && divided.picture.width >= 1);
}
void check(const PartShares& map) {
  assert(map.height >= 1 && map.width >= 1);
  for ([[maybe_unused]] const PartShares::Part& part : map.parts) {
    assert(part.names.size() == part.shares.size());
  }
}

using Content =
    std::variant<ChartPanel, HeatMapPanel, ImageGridPanel, DividedPicturePanel, PartSharesPanel>;

Content laid_out(const Canvas& canvas, const Panel& panel, const SeriesStyles& styles) {
  struct Visitor {
    const Canvas& canvas;
    const SeriesStyles& styles;
    Content operator()(const Chart& chart) { return ChartPanel(canvas, chart, styles); }
    Content operator()(const HeatMap& map) { return HeatMapPanel(canvas, map); }
    Content operator()(const ImageGrid& grid) { return ImageGridPanel(canvas, grid); }
    Content operator()(const DividedPicture& divided) { return DividedPicturePanel(divided); }
    Content operator()(const PartShares& map) { return PartSharesPanel(map); }
  };
  return std::visit(Visitor{canvas, styles}, panel);
}

// A panel below its title, which is centred above the frame and may be wider.
struct Column {
  Content content;
  PanelBox box;
  std::vector<std::string> title;
  double indent = 0.0;  // of the panel
  double width = 0.0;
};

Column column_of(const Canvas& canvas, const Panel& panel, const SeriesStyles& styles) {
  Content content = laid_out(canvas, panel, styles);
  const PanelBox box = std::visit([](const auto& c) { return c.box(); }, content);
  const std::string& text = std::visit([](const auto& p) -> auto& { return p.title; }, panel);
  std::vector<std::string> title =
      wrapped(canvas, text, kTitleText, std::max(box.frame.width, kNarrowestTitle), kTitleLines);
  const double half = widest(canvas, title, kTitleText) / 2;
  const double centre = box.frame.centre().x;
  const double indent = std::max(0.0, half - centre);
  return {.content = std::move(content),
          .box = box,
          .title = std::move(title),
          .indent = indent,
          .width = indent + std::max(box.size.width, centre + half)};
}

// The frames' upper edges and the titles' lower edges are at one height.
class Page {
 public:
  Page(const Canvas& canvas, const Figure& figure) : styles_(figure) {
    double below = 0.0;
    for (const Panel& panel : figure) {
      columns_.push_back(column_of(canvas, panel, styles_));
      const Column& column = columns_.back();
      title_height_ = std::max(title_height_, block_height(column.title, kTitleText));
      above_frame_ = std::max(above_frame_, column.box.frame.y);
      below = std::max(below, column.box.size.height - column.box.frame.y);
      width_ += column.width + (columns_.size() > 1 ? kPanelGap : 0.0);
    }
    if (title_height_ > 0.0) title_height_ += kTitleGap;
    panels_bottom_ = kMargin + title_height_ + above_frame_ + below;
    width_ = std::max(width_, styles_.entries().empty() ? 0.0 : kNarrowestLegend);
    legend_.emplace(canvas, styles_, width_);
  }

  Size size() const {
    const double legend = legend_->height() > 0.0 ? kLegendGap + legend_->height() : 0.0;
    return {width_ + 2 * kMargin, panels_bottom_ + legend + kMargin};
  }

  void draw(Canvas& canvas) const {
    double left = kMargin;
    const double frame_top = kMargin + title_height_ + above_frame_;
    for (const Column& column : columns_) {
      const Rectangle& frame = column.box.frame;
      const Point origin = {std::round(left + column.indent), std::round(frame_top - frame.y)};
      const double title_top =
          kMargin + title_height_ - kTitleGap - block_height(column.title, kTitleText);
      draw_block(canvas, column.title, {origin.x + frame.centre().x, title_top},
                 {.size = kTitleText});
      std::visit([&](const auto& content) { content.draw(canvas, origin); }, column.content);
      left += column.width + kPanelGap;
    }
    legend_->draw(canvas, {kMargin + width_ / 2, panels_bottom_ + kLegendGap});
  }

 private:
  SeriesStyles styles_;
  std::vector<Column> columns_;
  std::optional<Legend> legend_;
  double title_height_ = 0.0;
  double above_frame_ = 0.0;
  double panels_bottom_ = 0.0;
  double width_ = 0.0;
};

}  // namespace

PlotFormat plot_format(const std::filesystem::path& path) {
  if (path.extension() == ".svg") return PlotFormat::kSvg;
  if (path.extension() == ".png") return PlotFormat::kPng;
  fail(ErrorKind::kUsage, "{}: got the ending '{}', expected .svg or .png", path.string(),
       path.extension().string());
}

std::string render_plot(const Figure& figure, PlotFormat format) {
  for (const Panel& panel : figure) std::visit([](const auto& p) { check(p); }, panel);
  const Canvas measure(format, {1.0, 1.0});
  const Page page(measure, figure);
  Canvas canvas(format, page.size());
  page.draw(canvas);
  return canvas.finish();
}

void write_plot(const std::filesystem::path& path, const Figure& figure) {
  write_file_atomically(path, render_plot(figure, plot_format(path)));
}

}  // namespace spvae
