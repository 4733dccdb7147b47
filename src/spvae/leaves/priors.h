#pragma once

#include <span>
#include <vector>

namespace spvae {

/// The Gaussian priors p_j(z) = N(μ_j, diag σ_j²) of leaves that are learned. A leaf's parameters
/// are μ [Z], then ρ [Z]: σ = kMinPriorScale + softplus(ρ).
struct LeafPrior {
  std::vector<double> mean;
  std::vector<double> scale;
};

inline constexpr double kMinPriorScale = 0.01;

/// parameters [2Z]; none: N(0, I) of `latent` dimensions.
LeafPrior leaf_prior(std::span<const double> parameters, int latent);

/// ρ of a scale above kMinPriorScale.
double prior_parameter(double scale);

/// What the kernels read of a prior (kernels::Leaf::priors).
void prepare_prior(const LeafPrior& prior, float* out);

/// grad [2Z] of the parameters from Σ g, Σ g·u, Σ g·u² over rows (kernels::Table::prior_gradient),
/// u = (z − μ)/σ and g the gradient of log p_j(z).
void prior_gradient(std::span<const float> parameters, const float* sums, std::span<float> grad);

}  // namespace spvae
