#pragma once

#include <string>
#include <vector>

#include "spvae/plot/axes.h"
#include "spvae/plot/canvas.h"
#include "spvae/plot/figure.h"

namespace spvae::plot {

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

}  // namespace spvae::plot
