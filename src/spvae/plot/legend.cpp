#include "spvae/plot/legend.h"

#include <algorithm>
#include <array>
#include <utility>

#include "spvae/plot/text_lines.h"

namespace spvae::plot {
namespace {

constexpr double kLineSample = 34.0;
constexpr double kPointSample = 8.0;
constexpr double kTextGap = 6.0;
constexpr double kItemGap = 20.0;
constexpr double kRowHeight = 16.0;

}  // namespace

SeriesStyles::SeriesStyles(const Figure& figure) {
  for (const Panel& panel : figure) {
    const auto* chart = std::get_if<Chart>(&panel);
    if (chart == nullptr) continue;
    for (const Series& series : chart->series) {
      const auto known = std::ranges::find(entries_, series.name, &Entry::name);
      if (known == entries_.end()) {
        entries_.push_back({series.name, series.joined});
      } else {
        known->joined |= series.joined;
      }
    }
  }
}

SeriesStyle SeriesStyles::style(const Series& series) const {
  const auto known = std::ranges::find(entries_, series.name, &Entry::name);
  return series_style(static_cast<int>(known - entries_.begin()));
}

Legend::Legend(const Canvas& canvas, const SeriesStyles& styles, double width) {
  int number = 0;
  double widest = 0.0;
  double all = 0.0;  // in one row
  for (const SeriesStyles::Entry& entry : styles.entries()) {
    const SeriesStyle style = series_style(number++);
    if (entry.name.empty()) continue;
    const double sample = entry.joined ? kLineSample : kPointSample;
    std::string text = shortened(canvas, entry.name, kLabelText, width - sample - kTextGap);
    const double item_width = sample + kTextGap + canvas.text_width(text, kLabelText);
    widest = std::max(widest, item_width);
    all += item_width + (items_.empty() ? 0.0 : kItemGap);
    items_.push_back({std::move(text), sample, item_width, style, entry.joined});
  }
  if (all <= width) {
    columns_ = items_.size();
    width_ = all;
    return;
  }
  columns_ =
      std::max<std::size_t>(1, static_cast<std::size_t>((width + kItemGap) / (widest + kItemGap)));
  width_ = static_cast<double>(columns_) * (widest + kItemGap) - kItemGap;
  for (Item& item : items_) item.width = widest;
}

double Legend::height() const {
  if (items_.empty()) return 0.0;
  const std::size_t rows = (items_.size() + columns_ - 1) / columns_;
  return kRowHeight * static_cast<double>(rows);
}

void Legend::draw(Canvas& canvas, Point top_centre) const {
  const double left = top_centre.x - width_ / 2;
  Point place = {left, top_centre.y + kRowHeight / 2};
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    if (i > 0 && i % columns_ == 0) place = {left, place.y + kRowHeight};
    if (item.joined) {
      const std::array points = {place, Point{place.x + item.sample, place.y}};
      canvas.line(points, {item.style.colour, kSeriesWidth, item.style.dashes});
    }
    canvas.marker(item.style.marker, {place.x + item.sample / 2, place.y}, item.style.colour);
    canvas.text(item.text, {place.x + item.sample + kTextGap, place.y}, {});
    place.x += item.width + kItemGap;
  }
}

}  // namespace spvae::plot
