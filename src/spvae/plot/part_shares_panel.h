#pragma once

#include "spvae/plot/axes.h"
#include "spvae/plot/canvas.h"
#include "spvae/plot/figure.h"

namespace spvae::plot {

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
