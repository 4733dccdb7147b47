#pragma once

#include "spvae/data/image_set.h"
#include "spvae/io/png.h"

namespace spvae::cli {

/// All images side by side, row by row, with gray gaps of 2 pixels, in so many columns; 0: in a
/// grid that is nearly square. Values are clipped to [0, 1]; missing pixels are gray.
GrayImage contact_sheet(const ImageSet& images, int columns = 0);

}  // namespace spvae::cli
