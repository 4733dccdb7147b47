#include "spvae/leaves/priors.h"

#include <cassert>
#include <cmath>

#include "spvae/core/index.h"
#include "spvae/core/sigmoid.h"
#include "spvae/kernels/kernels.h"

namespace spvae {

using kernels::kMinPriorScale;

CodeGaussian leaf_prior(std::span<const double> parameters, int latent) {
  const std::size_t z = index(latent);
  if (parameters.empty()) return {std::vector<double>(z), std::vector<double>(z, 1.0)};
  assert(parameters.size() == 2 * z);
  CodeGaussian prior;
  for (std::size_t d = 0; d < z; ++d) {
    prior.mean.push_back(parameters[d]);
    prior.scale.push_back(kMinPriorScale + softplus(parameters[z + d]));
  }
  return prior;
}

double prior_parameter(double scale) {
  assert(scale > kMinPriorScale);
  return std::log(std::expm1(scale - kMinPriorScale));
}

}  // namespace spvae
