#include "spvae/query/leaf_posterior.h"

#include <cstddef>
#include <cstdint>

namespace spvae {

std::vector<double> wide_parameters(const Spvae& model) {
  return {model.parameters().begin(), model.parameters().end()};
}

LeafPosterior posterior_of(const LeafBank& bank, std::span<const double> parameters,
                           const Batch& batch, int leaf, int lane) {
  const auto stride = static_cast<std::size_t>(batch.stride);
  std::vector<double> pixels;
  for (const std::int32_t pixel : bank.scope(leaf)) {
    const std::size_t row = static_cast<std::size_t>(pixel) * stride;
    pixels.push_back(batch.values[row + static_cast<std::size_t>(lane)]);
  }
  return encode_leaf(bank, leaf, parameters, pixels);
}

}  // namespace spvae
