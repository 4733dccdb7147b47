#pragma once

#include <filesystem>
#include <string>

#include "spvae/plot/figure.h"

namespace spvae {

enum class PlotFormat { kSvg, kPng };

/// The format that a path's ending names. Error(kUsage) unless it is ".svg" or ".png".
PlotFormat plot_format(const std::filesystem::path& path);

/// The bytes of a figure's file: black on white, in DejaVu Sans, lengths in points; a PNG has 2 × 2
/// pixels a point. The same bytes for the same figure, given the same versions of cairo and fonts.
/// Error(kCannotCreate) if cairo cannot draw it: a PNG of more than 32,767 pixels a side.
std::string render_plot(const Figure& figure, PlotFormat format);

/// Writes a figure as SVG or PNG, by the path's ending. Errors as plot_format, render_plot and
/// write_file_atomically.
void write_plot(const std::filesystem::path& path, const Figure& figure);

}  // namespace spvae
