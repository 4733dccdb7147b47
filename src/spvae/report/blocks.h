#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spvae/io/png.h"
#include "spvae/plot/figure.h"
#include "spvae/report/html.h"

/// What the sections of a report are made of.
namespace spvae {

Html paragraph(std::string_view text);

/// A remark that must not be overlooked.
Html warning_note(std::string_view text);

/// Names and what is to be said of each.
using Facts = std::vector<std::pair<std::string, std::string>>;
Html fact_list(const Facts& facts);

/// The first row is the head.
Html table(std::string_view caption, const std::vector<std::vector<std::string>>& rows);

/// A line to type.
Html command_line(std::string_view text);

/// A drawing with its caption; for `name` see inline_svg.
Html plot_figure(const Figure& figure, std::string_view name, std::string_view alt,
                 std::string_view caption);

/// A picture of a gallery; an empty caption is none.
struct GalleryPicture {
  Picture picture;
  std::string alt;
  std::string caption = {};
};

/// Pictures side by side, as many as the page has room for; each pixel is a square of a whole
/// number of the page's pixels, so many that a picture is about `height` of these high; those of
/// more than 1,024 pixels a side are shrunk.
Html gallery(const std::vector<GalleryPicture>& pictures, int height = 84);

/// A drawing's file as cairo writes it as an <svg> element within a page, described by `alt`. Its
/// names of glyphs and pictures begin with `name`, which must be another for every figure of the
/// page: they would be mistaken for another's.
Html inline_svg(std::string_view svg, std::string_view name, std::string_view alt);

}  // namespace spvae
