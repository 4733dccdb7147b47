#pragma once

#include <cstddef>
#include <string>
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

/// A heat map with its texts; draws itself at any place. Holds a reference to the map.
class HeatMapPanel {
 public:
  HeatMapPanel(const Canvas& canvas, const HeatMap& map);

  const PanelBox& box() const { return box_; }
  Size cell() const { return cell_; }
  void draw(Canvas& canvas, Point origin) const;

 private:
  const HeatMap* map_;
  Size cell_;
  Axes axes_;
  PanelBox box_;
};

/// A grid of pictures with their captions; draws itself at any place. Holds a reference to the
/// grid.
class ImageGridPanel {
 public:
  ImageGridPanel(const Canvas& canvas, const ImageGrid& grid);

  const PanelBox& box() const { return box_; }
  double pixel_size() const { return pixel_size_; }  ///< points
  void draw(Canvas& canvas, Point origin) const;

 private:
  const ImageGrid* grid_;
  double pixel_size_;
  Size pictures_;                                   // of the largest tile, without caption
  std::vector<std::vector<std::string>> captions_;  // lines of each tile
  Size tile_;                                       // with caption
  PanelBox box_;
};

/// A picture with the lines that divide it; draws itself at any place. Holds a reference to what
/// it draws.
class DividedPicturePanel {
 public:
  explicit DividedPicturePanel(const DividedPicture& divided);

  const PanelBox& box() const { return box_; }
  double pixel_size() const { return pixel_size_; }  ///< points
  void draw(Canvas& canvas, Point origin) const;

 private:
  /// The line of a cut, in points from the frame's upper left corner.
  Segment line_of(const DividedPicture::Cut& cut) const;
  void draw_level(Canvas& canvas, Point frame, const DividedPicture::Cut& cut) const;
  void draw_label(Canvas& canvas, Point frame, const DividedPicture::Label& label) const;

  const DividedPicture* divided_;
  double pixel_size_;
  PanelBox box_;
};

/// Bars at the places of a picture's parts; draws itself at any place. Holds a reference to what
/// it draws.
class PartSharesPanel {
 public:
  explicit PartSharesPanel(const PartShares& map);

  const PanelBox& box() const { return box_; }
  void draw(Canvas& canvas, Point origin) const;

 private:
  const PartShares* map_;
  double pixel_size_;
  PanelBox box_;
};

}  // namespace spvae::plot
