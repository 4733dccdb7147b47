#pragma once

#include "spvae/plot/axes.h"
#include "spvae/plot/canvas.h"
#include "spvae/plot/figure.h"

namespace spvae::plot {

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

}  // namespace spvae::plot
