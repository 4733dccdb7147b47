#include "spvae/query/leaf_posterior.h"

#include <cstddef>
#include <cstdint>
#include <utility>

namespace spvae {

std::vector<double> wide_parameters(const Spvae& model) {
  return {model.parameters().begin(), model.parameters().end()};
}

LeafPosterior posterior_of(const LeafBank& bank, std::span<const double> parameters,
                           const Batch& batch, int leaf, int lane) {
  const auto stride = static_cast<std::size_t>(batch.stride);
  std::vector<double> pixels;
  bool is_observed = false;
  for (const std::int32_t pixel : bank.scope(leaf)) {
    const std::size_t at =
        static_cast<std::size_t>(pixel) * stride + static_cast<std::size_t>(lane);
    pixels.push_back(static_cast<double>(batch.values[at]));
    is_observed = is_observed || batch.observed.empty() || batch.observed[at] != 0.0f;
  }
  if (!is_observed) {
    LeafPrior prior = prior_of(bank, leaf, parameters);
    return {.mean = std::move(prior.mean), .deviation = std::move(prior.scale)};
  }
  return encode_leaf(bank, leaf, parameters, pixels);
}

}  // namespace spvae
