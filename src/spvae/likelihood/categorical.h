#pragma once

namespace spvae {

struct LikelihoodInfo;

struct CategoricalConfig {
  int values = 256;  ///< N, of a pixel: 2 … 256
};

/// A probability for each of N values, evenly spaced from black to white: p(v) = softmax(f)_v of N
/// logits f.
LikelihoodInfo categorical_likelihood();

}  // namespace spvae
