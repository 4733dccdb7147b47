#pragma once

#include <vector>

#include "spvae/data/image_set.h"
#include "spvae/io/png.h"

namespace spvae {

/// An image as a picture: values are clipped to [0, 1], missing pixels are middle gray.
Picture picture_of(const ImageSet& images, int image);

/// Pictures of one size and as many channels in so many columns, row by row, with gray gaps of 2
/// pixels; there is one at least (assertion).
Picture sheet_of(const std::vector<Picture>& pictures, int columns);

}  // namespace spvae
