#pragma once

#include "spvae/data/image_set.h"
#include "spvae/io/png.h"

namespace spvae::cli {

/// All images as sheet_of(picture_of) has them, in so many columns; 0: in a grid that is nearly
/// square.
Picture contact_sheet(const ImageSet& images, int columns = 0);

}  // namespace spvae::cli
