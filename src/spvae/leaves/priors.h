#pragma once

#include <span>
#include <vector>

namespace spvae {

/// The Gaussian priors p_j(z) = N(μ_j, diag σ_j²) of leaves that are learned. A leaf's parameters
/// are μ [Z], then ρ [Z]: σ = kernels::kMinPriorScale + softplus(ρ).
struct LeafPrior {
  std::vector<double> mean;
  std::vector<double> scale;
};

/// parameters [2Z]; none: N(0, I) of `latent` dimensions.
LeafPrior leaf_prior(std::span<const double> parameters, int latent);

/// ρ of a scale above kernels::kMinPriorScale.
double prior_parameter(double scale);

}  // namespace spvae
