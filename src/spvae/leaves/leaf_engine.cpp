#include "spvae/leaves/leaf_engine.h"

#include <algorithm>
#include <cstddef>
#include <limits>

#include "spvae/kernels/kernels.h"

namespace spvae {

int prior_of_row(const RandomAddress& row, int latent, double prior_share, int leaves) {
  const auto dimension = static_cast<std::uint32_t>((latent + 3) / 4 * 4);
  const double u = random_uniform(row, dimension);
  if (u >= prior_share) return -1;
  return std::min(static_cast<int>(u / prior_share * leaves), leaves - 1);
}

void WeightStatistics::reset(int leaf_count, bool has_blocks, int lanes) {
  const auto size = static_cast<std::size_t>(leaf_count) * static_cast<std::size_t>(lanes);
  leaves = leaf_count;
  stride = lanes;
  samples = 0;
  maximum.assign(size, -std::numeric_limits<float>::infinity());
  sum.assign(size, 0.0);
  sum_squares.assign(size, 0.0);
  block_sum.assign(has_blocks ? size * std::size_t{kernels::kBlocks} : 0, 0.0f);
}

void LeafEngine::statistics(std::span<const float> parameters, const Batch& batch,
                            const NoiseKey& noise, int samples, WeightStatistics& statistics) {
  statistics.reset(leaves(), leaves_of_expert() > 1, batch.stride);
  add_statistics(parameters, batch, noise, samples, statistics);
}

}  // namespace spvae
