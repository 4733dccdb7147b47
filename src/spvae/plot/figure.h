#pragma once

#include <string>
#include <variant>
#include <vector>

#include "spvae/core/pixel_rectangle.h"
#include "spvae/io/png.h"

/// What can be drawn, as plain data. Texts are UTF-8; long ones are wrapped, then shortened.
/// Numbers that are not finite, those beyond ±1e250, and on a logarithmic axis those below 1e-250
/// (so all that are not positive), are left out.
namespace spvae {

/// Points with a name: joined by lines, or points alone.
/// y and x have the same length; error is empty or as long, the half-widths of error bars along y
/// (zero, negative or not finite: no bar).
struct Series {
  std::string name = {};
  std::vector<double> x = {};
  std::vector<double> y = {};
  std::vector<double> error = {};
  bool joined = true;
  bool marked = true;  ///< false: no markers at its points
};

/// One axis of a chart. The label names the quantity and its unit: "training set / %".
struct Axis {
  std::string label = {};
  bool logarithmic = false;
};

/// Series over common axes. Each series has a colour, a marker and a dash of its own, so that the
/// chart can be read in black and white; series of one name look the same in every panel of a
/// figure. A joined series of more than 40 points has a marker at some of them only.
struct Chart {
  std::string title = {};
  Axis x = {};
  Axis y = {};
  std::vector<Series> series = {};
};

/// Numbers over two lists of settings, each printed in its cell and shown by its shade, the
/// smallest dark and the largest light. values: [rows, columns] row by row, first row on top; what
/// is not finite is a missing cell, hatched.
struct HeatMap {
  std::string title = {};
  std::string x_label = {};
  std::vector<std::string> columns = {};
  std::string y_label = {};
  std::vector<std::string> rows = {};
  std::vector<double> values = {};
  int decimals = 1;  ///< digits printed after the point
};

/// Pictures that belong together, side by side, above one caption (which may be empty).
struct ImageTile {
  std::string caption = {};
  std::vector<Picture> pictures = {};
};

/// Tiles in rows of `columns` ≥ 1. Every pixel is a square of the same whole size, not smoothed.
struct ImageGrid {
  std::string title = {};
  int columns = 1;
  std::vector<ImageTile> tiles = {};
};

/// A picture and the lines that divide it, part by part. Lines of a lower level are thicker and
/// lie above the others; each has its level at three eighths of its way, where there is room.
struct DividedPicture {
  struct Cut {
    PixelRectangle part;        ///< which is divided
    bool is_horizontal = true;  ///< between two rows; otherwise between two columns
    int before = 0;             ///< the row or column of the picture behind the line
    int level = 1;              ///< ≥ 1, printed
  };
  struct Label {
    PixelRectangle part;
    std::string text = {};  ///< in its upper left corner
  };
  std::string title = {};
  Picture picture = {};
  std::vector<Cut> cuts = {};
  std::vector<Label> labels = {};
};

/// Shares as horizontal bars, those of a part of a picture at its place. Names and percentages are
/// printed where there is room.
struct PartShares {
  struct Part {
    PixelRectangle rectangle;
    std::vector<std::string> names = {};
    std::vector<double> shares = {};  ///< as many, cut to [0, 1]
    int marked = -1;                  ///< the place of one whose bar is black; −1: none
  };
  std::string title = {};
  int height = 1;  ///< of the picture, pixels
  int width = 1;
  std::vector<Part> parts = {};
};

using Panel = std::variant<Chart, HeatMap, ImageGrid, DividedPicture, PartShares>;

/// Panels from left to right; below them one legend for the named series of all charts.
using Figure = std::vector<Panel>;

}  // namespace spvae
