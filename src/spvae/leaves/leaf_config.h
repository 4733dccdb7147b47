#pragma once

#include "spvae/likelihood/likelihood.h"

namespace spvae {

/// What every leaf VAE of a model has in common.
struct LeafConfig {
  int hidden = 30;        ///< H, units of each hidden layer
  int hidden_layers = 2;  ///< of each MLP; 0 is one affine map
  int latent = 25;        ///< Z, dimensions of z
  Likelihood likelihood = Likelihood::kGaussian;
  MeanLink mean_link = MeanLink::kSigmoid;  ///< Gaussian only
};

}  // namespace spvae
