#pragma once

#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/model/spvae.h"
#include "spvae/query/evidence.h"

namespace spvae {

/// Where a batch's images lie in the latent spaces of leaves and circuit.
struct Embedding {
  std::vector<double> mean;              ///< [size, experts, Z] of q(z | x)
  std::vector<double> deviation;         ///< [size, experts, Z] its standard deviations
  std::vector<double> responsibilities;  ///< [size, L]; those of a leaf region sum to 1
  std::vector<int> choices;              ///< [size, sums] branch that each sum takes in the most
                                         ///< probable tree; −1: the tree does not reach it
};

/// Of partly observed leaves, encoders see the imputed pixels. Where nothing is observed of them, a
/// code has its prior: of several leaves, the mean and the deviation of their mixture by
/// responsibilities.
Embedding embed(const Spvae& model, const Evidence& evidence, LeafEngine& engine, ThreadPool& pool);

/// Each image through its most probable tree: leaves' decoder means at the posterior means of their
/// codes. [size] images with the evidence's indices; missing pixels are filled too.
ImageSet reconstruct(const Spvae& model, const Evidence& evidence, LeafEngine& engine,
                     ThreadPool& pool);

}  // namespace spvae
