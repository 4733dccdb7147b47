#pragma once

#include <cstddef>
#include <vector>

#include "spvae/plot/axes.h"
#include "spvae/plot/canvas.h"
#include "spvae/plot/figure.h"
#include "spvae/plot/legend.h"
#include "spvae/plot/scale.h"

namespace spvae::plot {

/// A chart with its scales, ticks and texts; draws itself at any place. Holds references to the
/// chart and the styles.
class ChartPanel {
 public:
  ChartPanel(const Canvas& canvas, const Chart& chart, const SeriesStyles& styles);

  const PanelBox& box() const { return box_; }
  /// Places within the frame, counted from its upper left corner.
  const Scale& x() const { return x_; }
  const Scale& y() const { return y_; }
  const Axes& axes() const { return axes_; }

  void draw(Canvas& canvas, Point origin) const;

 private:
  void draw_grid(Canvas& canvas, Point frame) const;
  void draw_frame(Canvas& canvas, Point frame) const;
  void draw_lines(Canvas& canvas, Point frame, const Series& series) const;
  void draw_points(Canvas& canvas, Point frame, const Series& series) const;
  void add_error_bar(std::vector<Segment>& bars, Point frame, Point point, const Series& series,
                     std::size_t i) const;

  const Chart* chart_;
  const SeriesStyles* styles_;
  Scale x_;
  Scale y_;
  Axes axes_;
  PanelBox box_;
};

}  // namespace spvae::plot
