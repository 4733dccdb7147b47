#include "spvae/plot/axes.h"

#include <algorithm>

#include "spvae/plot/text_lines.h"

namespace spvae::plot {
namespace {

constexpr double kTickGap = 6.0;   // from the frame to a tick's text
constexpr double kLabelGap = 5.0;  // from the ticks' texts to the label
constexpr double kShortestLabel = 120.0;
constexpr int kLabelLines = 2;

double widest_tick(const Canvas& canvas, const AxisTexts& texts) {
  double width = 0.0;
  for (const AxisTick& tick : texts.ticks) {
    width = std::max(width, canvas.text_width(tick.text, kTickText));
  }
  return width;
}

double label_room(const AxisTexts& texts) {
  return texts.label.empty() ? 0.0 : kLabelGap + block_height(texts.label, kLabelText);
}

}  // namespace

std::vector<std::string> axis_label(const Canvas& canvas, const std::string& text, double length) {
  return wrapped(canvas, text, kLabelText, std::max(length, kShortestLabel), kLabelLines);
}

PanelBox axes_box(const Canvas& canvas, const Axes& axes) {
  double left = kTickGap + widest_tick(canvas, axes.y) + label_room(axes.y);
  double right = 1.0;
  double above = kTickText / 2;
  double below = kTickGap + kLineSpacing * kTickText + label_room(axes.x);
  for (const AxisTick& tick : axes.x.ticks) {
    const double half = canvas.text_width(tick.text, kTickText) / 2;
    left = std::max(left, half - tick.place);
    right = std::max(right, tick.place + half - axes.frame.width);
  }
  const double x_overshoot = (widest(canvas, axes.x.label, kLabelText) - axes.frame.width) / 2;
  const double y_overshoot = (widest(canvas, axes.y.label, kLabelText) - axes.frame.height) / 2;
  left = std::max(left, x_overshoot);
  right = std::max(right, x_overshoot);
  above = std::max(above, y_overshoot);
  below = std::max(below, y_overshoot);
  return {.size = {left + axes.frame.width + right, above + axes.frame.height + below},
          .frame = {left, above, axes.frame.width, axes.frame.height}};
}

void draw_axis_texts(Canvas& canvas, const Axes& axes, Point frame) {
  const double bottom = frame.y + axes.frame.height + kTickGap;
  for (const AxisTick& tick : axes.x.ticks) {
    canvas.text(tick.text, {frame.x + tick.place, bottom + kTickText / 2},
                {.size = kTickText, .align = Align::kCentre});
  }
  for (const AxisTick& tick : axes.y.ticks) {
    canvas.text(tick.text, {frame.x - kTickGap, frame.y + tick.place},
                {.size = kTickText, .align = Align::kRight});
  }
  draw_block(canvas, axes.x.label,
             {frame.x + axes.frame.width / 2, bottom + kLineSpacing * kTickText + kLabelGap}, {});
  draw_block(canvas, axes.y.label,
             {frame.x - kTickGap - widest_tick(canvas, axes.y) - label_room(axes.y),
              frame.y + axes.frame.height / 2},
             {.direction = Direction::kUpwards});
}

}  // namespace spvae::plot
