#include "spvae/plot/panels.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "spvae/plot/text.h"
#include "spvae/plot/text_lines.h"

namespace spvae::plot {
namespace {

constexpr Size kSmallestCell = {40.0, 24.0};
constexpr double kCellRoom = 10.0;  // about a cell's text
constexpr double kWidestTick = 90.0;

bool is_missing(double value) { return !has_place(value, false); }

Size cell_of(const Canvas& canvas, const HeatMap& map) {
  double width = kSmallestCell.width;
  for (const double value : map.values) {
    if (is_missing(value)) continue;
    width =
        std::max(width, canvas.text_width(number_text(value, map.decimals), kTickText) + kCellRoom);
  }
  for (const std::string& text : map.columns) {
    width = std::max(width, std::min(kWidestTick, canvas.text_width(text, kTickText)) + kCellRoom);
  }
  return {std::ceil(width), kSmallestCell.height};
}

std::vector<AxisTick> ticks_of(const Canvas& canvas, const std::vector<std::string>& texts,
                               double cell) {
  std::vector<AxisTick> ticks;
  double place = cell / 2;
  for (const std::string& text : texts) {
    ticks.push_back({place, shortened(canvas, text, kTickText, kWidestTick)});
    place += cell;
  }
  return ticks;
}

Axes axes_of(const Canvas& canvas, const HeatMap& map, Size cell) {
  Axes axes;
  axes.frame = {cell.width * static_cast<double>(map.columns.size()),
                cell.height * static_cast<double>(map.rows.size())};
  axes.x = {.ticks = ticks_of(canvas, map.columns, cell.width),
            .label = axis_label(canvas, map.x_label, axes.frame.width)};
  axes.y = {.ticks = ticks_of(canvas, map.rows, cell.height),
            .label = axis_label(canvas, map.y_label, axes.frame.height)};
  return axes;
}

// Lines that rise to the right, where x + y is a multiple of their distance.
void hatch(Canvas& canvas, const Rectangle& cell) {
  constexpr double kDistance = 5.0;
  constexpr Stroke kStroke = {.colour = kFrameGray, .width = 0.6};
  std::vector<Segment> lines;
  const double last = cell.right() + cell.bottom();
  for (double sum = kDistance * std::ceil((cell.x + cell.y) / kDistance); sum < last;
       sum += kDistance) {
    const double left = std::max(cell.x, sum - cell.bottom());
    const double right = std::min(cell.right(), sum - cell.y);
    lines.push_back({{left, sum - left}, {right, sum - right}});
  }
  canvas.segments(lines, kStroke);
}

// Maps the finite values to [0, 1]; all to the middle where they are equal.
class Shade {
 public:
  explicit Shade(const std::vector<double>& values) {
    for (const double value : values) {
      if (is_missing(value)) continue;
      low_ = std::min(low_, value);
      high_ = std::max(high_, value);
    }
  }
  double part(double value) const { return low_ < high_ ? (value - low_) / (high_ - low_) : 0.5; }

 private:
  double low_ = HUGE_VAL;
  double high_ = -HUGE_VAL;
};

}  // namespace

HeatMapPanel::HeatMapPanel(const Canvas& canvas, const HeatMap& map)
    : map_(&map),
      cell_(cell_of(canvas, map)),
      axes_(axes_of(canvas, map, cell_)),
      box_(axes_box(canvas, axes_)) {}

void HeatMapPanel::draw(Canvas& canvas, Point origin) const {
  const Point frame = {origin.x + box_.frame.x, origin.y + box_.frame.y};
  const Shade shade(map_->values);
  const std::size_t columns = map_->columns.size();
  for (std::size_t i = 0; i < map_->values.size(); ++i) {
    const std::size_t row = i / columns;
    const std::size_t column = i % columns;
    const Rectangle cell = {frame.x + cell_.width * static_cast<double>(column),
                            frame.y + cell_.height * static_cast<double>(row), cell_.width,
                            cell_.height};
    const double value = map_->values[i];
    if (is_missing(value)) {
      hatch(canvas, cell);
    } else {
      const Colour ground = viridis(shade.part(value));
      canvas.fill(cell, ground);
      canvas.text(number_text(value, map_->decimals), cell.centre(),
                  {.size = kTickText, .align = Align::kCentre, .colour = text_colour(ground)});
    }
    canvas.outline(cell, {.colour = kWhite, .width = 1.0});
  }
  if (!map_->values.empty()) {
    canvas.outline({frame.x, frame.y, axes_.frame.width, axes_.frame.height},
                   {.colour = kBlack, .width = 0.8});
  }
  draw_axis_texts(canvas, axes_, frame);
}

}  // namespace spvae::plot
