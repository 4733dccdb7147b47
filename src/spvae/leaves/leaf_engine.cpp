#include "spvae/leaves/leaf_engine.h"

#include <cstddef>
#include <limits>

namespace spvae {

bool is_from_prior(const RandomAddress& row, int latent, double prior_share) {
  const auto dimension = static_cast<std::uint32_t>((latent + 3) / 4 * 4);
  return random_uniform(row, dimension) < prior_share;
}

void WeightStatistics::reset(int leaf_count, int lanes) {
  const auto size = static_cast<std::size_t>(leaf_count) * static_cast<std::size_t>(lanes);
  leaves = leaf_count;
  stride = lanes;
  samples = 0;
  maximum.assign(size, -std::numeric_limits<float>::infinity());
  sum.assign(size, 0.0);
  sum_squares.assign(size, 0.0);
}

void LeafEngine::statistics(std::span<const float> parameters, const Batch& batch,
                            const NoiseKey& noise, int samples, WeightStatistics& statistics) {
  statistics.reset(leaves(), batch.stride);
  add_statistics(parameters, batch, noise, samples, statistics);
}

}  // namespace spvae
