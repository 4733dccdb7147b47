#pragma once

#include <span>
#include <vector>

namespace spvae {

/// A distribution of codes N(μ, diag σ²), [Z] each.
struct CodeGaussian {
  std::vector<double> mean;
  std::vector<double> scale;
};

/// The prior p_j(z) of a leaf. Its parameters, where it is learned, are μ [Z], then ρ [Z]: σ =
/// kernels::kMinPriorScale + softplus(ρ). None: N(0, I) of `latent` dimensions.
CodeGaussian leaf_prior(std::span<const double> parameters, int latent);

/// ρ of a scale above kernels::kMinPriorScale.
double prior_parameter(double scale);

}  // namespace spvae
