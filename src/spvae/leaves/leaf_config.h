#pragma once

#include "spvae/likelihood/likelihood.h"

namespace spvae {

/// What encoders and decoders of a leaf are made of (networks.h).
enum class Network { kMlp = 0, kConv = 1, kJointMlp = 2, kSharedMlp = 3 };

/// The priors p(z) of leaves: N(0, I), or Gaussians of their own (priors.h).
enum class Priors { kStandard = 0, kLearned = 1 };

/// Channels of the encoder's two convolutions; the decoder has them in reverse.
struct Filters {
  int first = 4;
  int second = 8;

  friend bool operator==(const Filters&, const Filters&) = default;
};

/// What every leaf VAE of a model has in common.
struct LeafConfig {
  int hidden = 30;        ///< H, units of each hidden layer (mlp)
  int hidden_layers = 2;  ///< of each MLP; 0 is one affine map (mlp)
  int latent = 25;        ///< Z, dimensions of z
  LikelihoodConfig likelihood = {};
  Network network = Network::kMlp;
  Filters filters = {};  ///< (conv)
  int stride = 1;        ///< of each convolution, in both directions (conv)
  int dense = 64;        ///< units of the encoder's dense layer (conv)
  /// E, encoder-decoder pairs of a leaf region, divided evenly among its leaves; 0: one for each.
  int experts = 0;
  Priors priors = Priors::kStandard;
  double prior_scale = 0.5;  ///< σ before training (kLearned)
};

}  // namespace spvae
