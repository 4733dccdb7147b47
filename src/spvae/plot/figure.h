#pragma once

#include <string>
#include <variant>
#include <vector>

#include "spvae/io/png.h"

/// What can be drawn, as plain data. Texts are UTF-8; long ones are wrapped, then shortened.
/// Numbers that are not finite, those beyond ±1e250, and on a logarithmic axis those below 1e-250
/// (so all that are not positive), are left out.
namespace spvae {

/// Points with a name: joined by lines, or points alone.
/// y and x have the same length; error is empty or as long, the half-widths of error bars along y
/// (zero, negative or not finite: no bar).
struct Series {
  std::string name;
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> error;
  bool joined = true;
};

/// One axis of a chart. The label names the quantity and its unit: "training set / %".
struct Axis {
  std::string label;
  bool logarithmic = false;
};

/// Series over common axes. Each series has a colour, a marker and a dash of its own, so that the
/// chart can be read in black and white; series of one name look the same in every panel of a
/// figure. A joined series of more than 40 points has a marker at some of them only.
struct Chart {
  std::string title;
  Axis x;
  Axis y;
  std::vector<Series> series;
};

/// Numbers over two lists of settings, each printed in its cell and shown by its shade, the
/// smallest dark and the largest light. values: [rows, columns] row by row, first row on top; what
/// is not finite is a missing cell, hatched.
struct HeatMap {
  std::string title;
  std::string x_label;
  std::vector<std::string> columns;
  std::string y_label;
  std::vector<std::string> rows;
  std::vector<double> values;
  int decimals = 1;  ///< digits printed after the point
};

/// Pictures that belong together, side by side, above one caption (which may be empty).
struct ImageTile {
  std::string caption;
  std::vector<GrayImage> pictures;
};

/// Tiles in rows of `columns` ≥ 1. Every pixel is a square of the same whole size, not smoothed.
struct ImageGrid {
  std::string title;
  int columns = 1;
  std::vector<ImageTile> tiles;
};

using Panel = std::variant<Chart, HeatMap, ImageGrid>;

/// Panels from left to right; below them one legend for the named series of all charts.
using Figure = std::vector<Panel>;

}  // namespace spvae
