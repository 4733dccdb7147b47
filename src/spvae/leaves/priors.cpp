#include "spvae/leaves/priors.h"

#include <cassert>
#include <cmath>

#include "spvae/core/index.h"
#include "spvae/core/sigmoid.h"
#include "spvae/kernels/kernels.h"

namespace spvae {

LeafPrior leaf_prior(std::span<const double> parameters, int latent) {
  const std::size_t z = index(latent);
  if (parameters.empty()) return {std::vector<double>(z), std::vector<double>(z, 1.0)};
  assert(parameters.size() == 2 * z);
  LeafPrior prior;
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

void prepare_prior(const LeafPrior& prior, float* out) {
  const std::size_t padded = index(kernels::padded(static_cast<int>(prior.mean.size())));
  double log_scale = 0;
  for (std::size_t d = 0; d < prior.mean.size(); ++d) {
    out[d] = static_cast<float>(1 / prior.scale[d]);
    out[padded + d] = static_cast<float>(-prior.mean[d] / prior.scale[d]);
    log_scale += std::log(prior.scale[d]);
  }
  out[2 * padded] = static_cast<float>(-log_scale);
}

void prior_gradient(std::span<const float> parameters, const float* sums, std::span<float> grad) {
  const std::size_t z = parameters.size() / 2;
  const std::size_t padded = index(kernels::padded(static_cast<int>(z)));
  for (std::size_t d = 0; d < z; ++d) {
    const double rho = parameters[z + d];
    const double scale = kMinPriorScale + softplus(rho);
    const double square_less_one =
        static_cast<double>(sums[2 * padded + d]) - static_cast<double>(sums[d]);
    grad[d] = static_cast<float>(sums[padded + d] / scale);
    grad[z + d] = static_cast<float>(square_less_one / scale * sigmoid(rho));
  }
}

}  // namespace spvae
