#include "spvae/plot/panels.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "spvae/plot/text.h"

namespace spvae::plot {
namespace {

constexpr Size kFrame = {290.0, 210.0};
constexpr int kMostXTicks = 9;
constexpr int kMostYTicks = 7;
constexpr double kXTickDistance = 8.0;  // between two texts
constexpr double kTickLength = 3.5;
constexpr double kMinorTickLength = 2.0;
constexpr double kCap = 2.5;  // half the length of an error bar's end
constexpr Stroke kThin = {.colour = kBlack, .width = 0.8};

// A series of more points has markers at this distance.
constexpr std::size_t kMostMarkers = 40;
constexpr double kMarkerDistance = 24.0;

bool has_point(const Chart& chart, const Series& series, std::size_t i) {
  return has_place(series.x[i], chart.x.logarithmic) && has_place(series.y[i], chart.y.logarithmic);
}

double distance(Point a, Point b) { return std::hypot(a.x - b.x, a.y - b.y); }

// Half the length of a point's error bar; 0 if it has none.
double error_of(const Series& series, std::size_t i) {
  if (series.error.empty() || !has_place(series.error[i], false)) return 0.0;
  return std::max(0.0, series.error[i]);
}

Scale x_scale(const Chart& chart) {
  std::vector<double> values;
  for (const Series& series : chart.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (has_point(chart, series, i)) values.push_back(series.x[i]);
    }
  }
  return {axis_range(values, chart.x.logarithmic), chart.x.logarithmic, 0.0, kFrame.width};
}

Scale y_scale(const Chart& chart) {
  std::vector<double> values;
  for (const Series& series : chart.series) {
    for (std::size_t i = 0; i < series.x.size(); ++i) {
      if (!has_point(chart, series, i)) continue;
      const double error = error_of(series, i);
      values.insert(values.end(), {series.y[i], series.y[i] - error, series.y[i] + error});
    }
  }
  return {axis_range(values, chart.y.logarithmic), chart.y.logarithmic, kFrame.height, 0.0};
}

std::vector<AxisTick> ticks_of(const Scale& scale, int most) {
  const std::vector<double> values =
      scale.logarithmic() ? log_ticks(scale.range(), most) : linear_ticks(scale.range(), most);
  const std::vector<std::string> texts = tick_texts(values, !scale.logarithmic());
  std::vector<AxisTick> ticks;
  ticks.reserve(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    ticks.push_back({scale.place(values[i]), texts[i]});
  }
  return ticks;
}

bool texts_touch(const Canvas& canvas, const std::vector<AxisTick>& ticks) {
  double end = -std::numeric_limits<double>::infinity();
  for (const AxisTick& tick : ticks) {
    const double half = canvas.text_width(tick.text, kTickText) / 2;
    if (tick.place - half < end + kXTickDistance) return true;
    end = tick.place + half;
  }
  return false;
}

Axes axes_of(const Canvas& canvas, const Chart& chart, const Scale& x, const Scale& y) {
  Axes axes;
  axes.frame = kFrame;
  int most = kMostXTicks;
  do {
    axes.x.ticks = ticks_of(x, most);
  } while (texts_touch(canvas, axes.x.ticks) && --most >= 2);
  axes.y.ticks = ticks_of(y, kMostYTicks);
  axes.x.label = axis_label(canvas, chart.x.label, kFrame.width);
  axes.y.label = axis_label(canvas, chart.y.label, kFrame.height);
  return axes;
}

std::vector<double> minor_places(const Scale& scale) {
  std::vector<double> places;
  if (!scale.logarithmic()) return places;
  for (const double value : minor_log_ticks(scale.range())) places.push_back(scale.place(value));
  return places;
}

}  // namespace

ChartPanel::ChartPanel(const Canvas& canvas, const Chart& chart, const SeriesStyles& styles)
    : chart_(&chart),
      styles_(&styles),
      x_(x_scale(chart)),
      y_(y_scale(chart)),
      axes_(axes_of(canvas, chart, x_, y_)),
      box_(axes_box(canvas, axes_)) {}

void ChartPanel::draw(Canvas& canvas, Point origin) const {
  const Point frame = {origin.x + box_.frame.x, origin.y + box_.frame.y};
  draw_grid(canvas, frame);
  draw_frame(canvas, frame);
  draw_axis_texts(canvas, axes_, frame);
  for (const Series& series : chart_->series) draw_lines(canvas, frame, series);
  for (const Series& series : chart_->series) draw_points(canvas, frame, series);
}

void ChartPanel::draw_grid(Canvas& canvas, Point frame) const {
  constexpr Stroke kGrid = {.colour = kGridGray, .width = 0.6};
  std::vector<Segment> lines;
  for (const AxisTick& tick : axes_.x.ticks) {
    const double x = frame.x + tick.place;
    lines.push_back({{x, frame.y}, {x, frame.y + kFrame.height}});
  }
  for (const AxisTick& tick : axes_.y.ticks) {
    const double y = frame.y + tick.place;
    lines.push_back({{frame.x, y}, {frame.x + kFrame.width, y}});
  }
  canvas.segments(lines, kGrid);
}

void ChartPanel::draw_frame(Canvas& canvas, Point frame) const {
  const double bottom = frame.y + kFrame.height;
  std::vector<Segment> ticks;
  const auto x_tick = [&](double place, double length) {
    ticks.push_back({{frame.x + place, bottom}, {frame.x + place, bottom + length}});
  };
  const auto y_tick = [&](double place, double length) {
    ticks.push_back({{frame.x, frame.y + place}, {frame.x - length, frame.y + place}});
  };
  for (const AxisTick& tick : axes_.x.ticks) x_tick(tick.place, kTickLength);
  for (const AxisTick& tick : axes_.y.ticks) y_tick(tick.place, kTickLength);
  for (const double place : minor_places(x_)) x_tick(place, kMinorTickLength);
  for (const double place : minor_places(y_)) y_tick(place, kMinorTickLength);
  canvas.segments(ticks, kThin);
  canvas.outline({frame.x, frame.y, kFrame.width, kFrame.height}, kThin);
}

// A point that is left out parts the line.
void ChartPanel::draw_lines(Canvas& canvas, Point frame, const Series& series) const {
  if (!series.joined) return;
  const SeriesStyle style = styles_->style(series);
  std::vector<Point> run;
  for (std::size_t i = 0; i <= series.x.size(); ++i) {
    if (i < series.x.size() && has_point(*chart_, series, i)) {
      run.push_back({frame.x + x_.place(series.x[i]), frame.y + y_.place(series.y[i])});
      continue;
    }
    if (run.size() >= 2) canvas.line(run, {style.colour, kSeriesWidth, style.dashes});
    run.clear();
  }
}

void ChartPanel::draw_points(Canvas& canvas, Point frame, const Series& series) const {
  const SeriesStyle style = styles_->style(series);
  std::vector<Segment> bars;
  std::vector<Point> markers;
  const bool thinned = series.joined && series.x.size() > kMostMarkers;
  const auto exists = [&](std::size_t i) {
    return i < series.x.size() && has_point(*chart_, series, i);
  };
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    if (!exists(i)) continue;
    const Point point = {frame.x + x_.place(series.x[i]), frame.y + y_.place(series.y[i])};
    const bool has_line = (i > 0 && exists(i - 1)) || exists(i + 1);
    if (thinned && has_line && !markers.empty() &&
        distance(point, markers.back()) < kMarkerDistance) {
      continue;
    }
    markers.push_back(point);
    add_error_bar(bars, frame, point, series, i);
  }
  canvas.segments(bars, {.colour = style.colour, .width = 1.0});
  if (!series.marked) return;
  for (const Point& point : markers) canvas.marker(style.marker, point, style.colour);
}

// A bar that reaches below zero on a logarithmic axis ends at the frame, without a cap.
void ChartPanel::add_error_bar(std::vector<Segment>& bars, Point frame, Point point,
                               const Series& series, std::size_t i) const {
  const double error = error_of(series, i);
  if (error == 0.0) return;
  const double low = series.y[i] - error;
  const double top = frame.y + y_.place(series.y[i] + error);
  const double bottom = frame.y + y_.place(std::max(low, y_.range().low));
  bars.push_back({{point.x, bottom}, {point.x, top}});
  bars.push_back({{point.x - kCap, top}, {point.x + kCap, top}});
  if (low >= y_.range().low) {
    bars.push_back({{point.x - kCap, bottom}, {point.x + kCap, bottom}});
  }
}

}  // namespace spvae::plot
