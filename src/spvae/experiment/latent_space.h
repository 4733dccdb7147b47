#pragma once

#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"
#include "spvae/plot/figure.h"

namespace spvae {

/// Two dimensions of a leaf's latent code.
struct LatentPlane {
  int across = 0;   ///< grows to the right
  int upwards = 1;  ///< −1: none, and the picture has one row
};

/// The plane of a leaf's latent space, after Kingma and Welling (2014): its decoder's mean patches
/// over codes whose coordinates are the (i + ½)/side quantiles of N(0, 1) and whose other
/// dimensions are 0.
Picture latent_plane_picture(const Spvae& model, LeafEngine& engine, int leaf,
                             const LatentPlane& plane, int side);

/// Latent spaces of a model's leaves (TP19 Fig. 3): a tile for each super-pixel, arranged as they
/// are in the image, with the plane of each of its leaves. The title says what the axes are, and
/// what a black plane is where there is one; captions give the super-pixel's row and column, from
/// 1, and its leaves' numbers. Error(kUsage) unless the latent codes have two dimensions.
ImageGrid latent_space_grid(const Spvae& model, LeafEngine& engine, int side);

}  // namespace spvae
