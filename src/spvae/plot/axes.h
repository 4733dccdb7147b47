#pragma once

#include <string>
#include <vector>

#include "spvae/plot/canvas.h"

namespace spvae::plot {

/// A text at a place along an axis, counted from the left or upper end of the frame.
struct AxisTick {
  double place = 0.0;
  std::string text;
};

/// The texts below and left of a frame: those of the ticks, then the axis' own.
struct AxisTexts {
  std::vector<AxisTick> ticks;
  std::vector<std::string> label;  ///< lines
};

struct Axes {
  Size frame;  ///< what they enclose
  AxisTexts x;
  AxisTexts y;
};

/// A panel but for its title: its size, and where its frame lies in it.
struct PanelBox {
  Size size;
  Rectangle frame;
};

/// The lines of an axis' label along `length`, which may be overshot somewhat where it is short.
std::vector<std::string> axis_label(const Canvas& canvas, const std::string& text, double length);

/// The room that axes take.
PanelBox axes_box(const Canvas& canvas, const Axes& axes);

/// Draws the texts about a frame at this place.
void draw_axis_texts(Canvas& canvas, const Axes& axes, Point frame);

}  // namespace spvae::plot
