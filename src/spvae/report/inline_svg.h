#pragma once

#include <string>
#include <string_view>

#include "spvae/plot/figure.h"
#include "spvae/report/html.h"

namespace spvae {

/// A figure as an <svg> element within a page, described by `alt`. Its names of glyphs and pictures
/// begin with `name`, which must be another for every figure of the page: they would be mistaken
/// for another's.
Html inline_svg(const Figure& figure, std::string_view name, std::string_view alt);

/// The same of a drawing's file as cairo writes it.
Html inline_svg(std::string_view svg, std::string_view name, std::string_view alt);

}  // namespace spvae
