#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "spvae/io/png.h"
#include "spvae/plot/style.h"
#include "spvae/plot/write_plot.h"

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

enum class Align { kLeft, kCentre, kRight };
enum class Direction { kAcross, kUpwards };

struct TextStyle {
  double size = kLabelText;
  Align align = Align::kLeft;
  Direction direction = Direction::kAcross;
  Colour colour = kBlack;
};

struct Stroke {
  Colour colour = kBlack;
  double width = 1.0;
  std::span<const double> dashes = {};
};

/// A white page that cairo draws on: the only file that knows of it. Bytes that are not UTF-8 are
/// drawn as "?", line ends and other control characters as spaces.
class Canvas {
 public:
  /// Error(kCannotCreate) if the page is too large: a PNG of more than 32,767 pixels a side.
  Canvas(PlotFormat format, Size size);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  /// The length of a text in DejaVu Sans: the same for both formats.
  double text_width(std::string_view text, double size) const;

  /// A line of text. The anchor lies at the left end, centre or right end of the line, at half the
  /// height of a capital letter.
  void text(std::string_view text, Point anchor, const TextStyle& style);
  void line(std::span<const Point> points, const Stroke& stroke);
  void segments(std::span<const Segment> segments, const Stroke& stroke);
  void fill(const Rectangle& rectangle, Colour colour);
  void outline(const Rectangle& rectangle, const Stroke& stroke);
  void marker(Marker marker, Point centre, Colour colour);
  /// Each pixel is a square of `pixel_size` points, a whole number, or less than one.
  void picture(const Picture& image, Point top_left, double pixel_size);

  /// The file's bytes; nothing can be drawn afterwards. Error(kCannotCreate) if cairo failed,
  /// for want of memory.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Points to a pixel of pictures whose longest side has `longest` pixels: as many whole ones as
/// make it no longer than `length`, or one; below one where it would be longer than `most`.
double pixel_size(int longest, int length, int most);

}  // namespace spvae::plot
