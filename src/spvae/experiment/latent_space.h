#pragma once

#include "spvae/model/spvae.h"
#include "spvae/plot/figure.h"

namespace spvae {

/// Latent spaces of a model's leaves (TP19 Fig. 3, after Kingma and Welling 2014): a tile for each
/// super-pixel, arranged as they are in the image, with a picture for each of its leaves: the
/// decoder's mean patches over codes whose coordinates are the (i + ½)/side quantiles of N(0, 1),
/// the first coordinate growing to the right, the second upwards. Error(kUsage) unless the latent
/// codes have two dimensions.
ImageGrid latent_space_grid(const Spvae& model, int side);

}  // namespace spvae
