#pragma once

#include <span>

#include "spvae/leaves/leaf_config.h"

namespace spvae {

/// Bound of the Binomial's logit: probabilities lie in [1e-7, 1 − 1e-7].
inline constexpr double kLogitLimit = 16.118;
/// Bound of the discretised logistic's log inverse scale.
inline constexpr double kLogInverseScaleLimit = 8;

/// log p(x|z) of one pixel in nats.
struct PixelLogLikelihood {
  double value = 0;
  double magnitude = 0;       ///< sum of the magnitudes of its terms: the scale of rounding errors
  double grad_heads[2] = {};  ///< d value / d output of each head
};

/// The likelihoods in double, the specification of the kernels' (formulas at the definitions).
/// value: the pixel in [0, 1], for discrete likelihoods v = rint(255·value). heads: the decoder's
/// outputs for this pixel, as many as LikelihoodInfo::heads.
PixelLogLikelihood pixel_log_likelihood(const LeafConfig& config, double value,
                                        std::span<const double> heads);

/// The Gaussian's precision for the output g of its head: 1 + g², or LeafConfig::max_precision if
/// that is less.
double gaussian_precision(const LeafConfig& config, double g);

double sigmoid(double x);
double softplus(double x);  ///< log(1 + eˣ)

}  // namespace spvae
