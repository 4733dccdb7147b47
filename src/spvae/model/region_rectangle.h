#pragma once

#include "spvae/core/pixel_rectangle.h"
#include "spvae/model/spvae.h"

namespace spvae {

/// Where a region of a model's graph lies in the image: the bounding rectangle of its pixels.
PixelRectangle region_rectangle(const Spvae& model, int region);

}  // namespace spvae
