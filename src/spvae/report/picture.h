#pragma once

#include "spvae/data/image_set.h"
#include "spvae/io/png.h"

namespace spvae {

/// An image as a picture: values are clipped to [0, 1], missing pixels are middle gray.
GrayImage picture_of(const ImageSet& images, int image);

}  // namespace spvae
