#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spvae/plot/canvas.h"

namespace spvae::plot {

/// The text, or as much of it as is no wider than `width` together with "…".
std::string shortened(const Canvas& canvas, std::string_view text, double size, double width);

/// The text in at most `most` ≥ 1 lines no wider than `width`, divided at spaces; a word that is
/// too wide, and the last line when there is more, are shortened. No lines for an empty text.
std::vector<std::string> wrapped(const Canvas& canvas, std::string_view text, double size,
                                 double width, int most);

/// The width of the widest line.
double widest(const Canvas& canvas, const std::vector<std::string>& lines, double size);

/// The height of a block of lines.
double block_height(const std::vector<std::string>& lines, double size);

/// Draws a block of lines whose upper edge is centred on `top`; upwards, whose left edge is.
void draw_block(Canvas& canvas, const std::vector<std::string>& lines, Point top, TextStyle style);

}  // namespace spvae::plot
