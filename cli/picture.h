#pragma once

#include "spvae/data/image_set.h"
#include "spvae/io/png.h"

namespace spvae::cli {

/// All images side by side, row by row, in a grid that is nearly square, with gray gaps of 2
/// pixels. Values are clipped to [0, 1].
GrayImage contact_sheet(const ImageSet& images);

}  // namespace spvae::cli
