#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "spvae/plot/canvas.h"
#include "spvae/plot/figure.h"

namespace spvae::plot {

/// The series of a figure's charts: equal names share a style, unnamed ones share one.
class SeriesStyles {
 public:
  explicit SeriesStyles(const Figure& figure);

  SeriesStyle style(const Series& series) const;

  struct Entry {
    std::string name;
    bool joined = true;  ///< whether any series of this name is
  };
  /// In order of first appearance; the place is the number of the style.
  std::span<const Entry> entries() const { return entries_; }

 private:
  std::vector<Entry> entries_;
};

/// Samples and names of the series that have a name, centred: in one row, or in rows of equal
/// columns.
class Legend {
 public:
  /// No wider than `width`.
  Legend(const Canvas& canvas, const SeriesStyles& styles, double width);

  double height() const;
  void draw(Canvas& canvas, Point top_centre) const;

 private:
  struct Item {
    std::string text;
    double sample = 0.0;  // the width of what stands before the text
    double width = 0.0;
    SeriesStyle style;
    bool joined = true;
  };
  std::vector<Item> items_;
  std::size_t columns_ = 0;
  double width_ = 0.0;
};

}  // namespace spvae::plot
