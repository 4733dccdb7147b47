#pragma once

#include "spvae/plot/axes.h"
#include "spvae/plot/canvas.h"
#include "spvae/plot/figure.h"

namespace spvae::plot {

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

}  // namespace spvae::plot
