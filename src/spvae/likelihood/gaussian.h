#pragma once

namespace spvae {

struct LikelihoodInfo;

/// Link of the Gaussian's mean.
enum class MeanLink { kSigmoid = 0, kIdentity = 1 };

struct GaussianConfig {
  MeanLink mean_link = MeanLink::kSigmoid;
  double max_precision = 0;  ///< of a pixel; 0: no bound
};

/// N(x; mean, 1 / (1 + g²)), mean = σ(f) or f. From its bound on the precision depends on g no
/// more.
LikelihoodInfo gaussian_likelihood();

}  // namespace spvae
