#pragma once

#include <span>

/// How figures look: colours, markers, dashes, sizes of text.
namespace spvae::plot {

/// Each in [0, 1].
struct Colour {
  double red = 0.0;
  double green = 0.0;
  double blue = 0.0;

  friend bool operator==(const Colour&, const Colour&) = default;
};

inline constexpr Colour kBlack = {0.0, 0.0, 0.0};
inline constexpr Colour kWhite = {1.0, 1.0, 1.0};
inline constexpr Colour kGridGray = {0.88, 0.88, 0.88};
inline constexpr Colour kFrameGray = {0.55, 0.55, 0.55};

inline constexpr double kTickText = 9.0;
inline constexpr double kLabelText = 10.0;
inline constexpr double kTitleText = 11.0;
inline constexpr int kLargePicture = 336;     ///< length that a single picture is enlarged to
inline constexpr int kLargestPicture = 1024;  ///< length that one beyond it is shrunk to
inline constexpr double kSeriesWidth = 1.4;   ///< of the lines of a series
inline constexpr double kLineSpacing = 1.25;  ///< distance of two lines, in sizes of text

enum class Marker {
  kDisc,
  kSquare,
  kTriangle,
  kDiamond,
  kPlus,
  kCross,
  kRing,
};
inline constexpr int kMarkers = 7;

/// What tells a series from others. dashes: lengths on, off, on, …; empty: a solid line.
struct SeriesStyle {
  Colour colour;
  Marker marker = Marker::kDisc;
  std::span<const double> dashes;
};

/// The style of series number `index` ≥ 0: the colours of Okabe and Ito (2008) without yellow,
/// which white paper swallows. Seven series differ in colour and in marker, five in dashes,
/// thirty-five in the combination.
SeriesStyle series_style(int index);

/// Viridis (Smith and van der Walt, 2015), 0 … 1 from dark to light: its lightness rises steadily,
/// so that it is right in black and white too.
Colour viridis(double part);

/// Black or white, whichever is easier to read on a ground.
Colour text_colour(Colour ground);

}  // namespace spvae::plot
