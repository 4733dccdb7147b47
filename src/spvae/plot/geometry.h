#pragma once

/// Lengths are in points (1/72 inch), x to the right, y downwards.
namespace spvae::plot {

struct Point {
  double x = 0.0;
  double y = 0.0;
};

struct Segment {
  Point from;
  Point to;
};

struct Size {
  double width = 0.0;
  double height = 0.0;
};

struct Rectangle {
  double x = 0.0;
  double y = 0.0;
  double width = 0.0;
  double height = 0.0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point centre() const { return {x + width / 2, y + height / 2}; }
};

}  // namespace spvae::plot
