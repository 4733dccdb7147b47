#include "spvae/query/leaf_posterior.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "spvae/core/index.h"

namespace spvae {

std::vector<double> wide_parameters(const Spvae& model) {
  return {model.parameters().begin(), model.parameters().end()};
}

bool is_observed(const LeafBank& bank, const Batch& batch, int leaf, int lane) {
  return batch.observed.empty() || std::ranges::any_of(bank.scope(leaf), [&](std::int32_t pixel) {
           return batch.observed[index(pixel) * index(batch.stride) + index(lane)] != 0.0f;
         });
}

LeafPosterior posterior_of(const LeafBank& bank, std::span<const double> parameters,
                           const Batch& batch, int leaf, int lane) {
  if (!is_observed(bank, batch, leaf, lane)) {
    LeafPrior prior = prior_of(bank, leaf, parameters);
    return {.mean = std::move(prior.mean), .deviation = std::move(prior.scale)};
  }
  std::vector<double> pixels;
  for (const std::int32_t pixel : bank.scope(leaf)) {
    pixels.push_back(
        static_cast<double>(batch.values[index(pixel) * index(batch.stride) + index(lane)]));
  }
  return encode_leaf(bank, leaf, parameters, pixels);
}

}  // namespace spvae
