#include "spvae/leaves/importance.h"

#include <cassert>
#include <cmath>

#include "spvae/kernels/kernels.h"

namespace spvae {

void importance_weights(std::span<const float> log_weight, int leaves, int samples, int stride,
                        ThreadPool& pool, std::span<double> leaf_elbo,
                        std::span<float> normalised_weight) {
  assert(samples >= 1 && stride % kernels::kTile == 0);
  const auto lanes = static_cast<std::size_t>(stride);
  const auto rows = static_cast<std::size_t>(samples);
  assert(leaf_elbo.size() == static_cast<std::size_t>(leaves) * lanes);
  assert(log_weight.size() == leaf_elbo.size() * rows);
  assert(normalised_weight.size() == log_weight.size());

  const kernels::Table& table = kernels::table();
  pool.run(leaves, [&](int leaf, int) {
    const std::size_t first = static_cast<std::size_t>(leaf) * lanes;
    for (std::size_t lane = 0; lane < lanes; lane += kernels::kTile) {
      const float* tile = log_weight.data() + first * rows + lane;
      float* normalised = normalised_weight.data() + first * rows + lane;
      double* elbo = leaf_elbo.data() + first + lane;
      alignas(64) float maximum[kernels::kTile];
      alignas(64) float log_mean[kernels::kTile];
      table.importance(tile, lanes, samples, normalised, maximum, log_mean);
      for (std::size_t i = 0; i < kernels::kTile; ++i) {
        elbo[i] = static_cast<double>(maximum[i]) + static_cast<double>(log_mean[i]);
      }
    }
  });
}

void leaf_elbo(const WeightStatistics& statistics, std::span<double> leaf_elbo) {
  assert(leaf_elbo.size() == statistics.maximum.size());
  const auto samples = static_cast<double>(statistics.samples);
  for (std::size_t i = 0; i < leaf_elbo.size(); ++i) {
    leaf_elbo[i] =
        static_cast<double>(statistics.maximum[i]) + std::log(statistics.sum[i] / samples);
  }
}

void row_gradient(std::span<const double> responsibility, std::span<const float> normalised_weight,
                  int leaves, int samples, int stride, float scale, std::span<float> row_gradient) {
  const auto lanes = static_cast<std::size_t>(stride);
  const auto rows = static_cast<std::size_t>(samples);
  assert(responsibility.size() == static_cast<std::size_t>(leaves) * lanes);
  assert(normalised_weight.size() == responsibility.size() * rows);
  assert(row_gradient.size() == normalised_weight.size());
  for (std::size_t leaf = 0; leaf < static_cast<std::size_t>(leaves); ++leaf) {
    for (std::size_t row = leaf * rows; row < (leaf + 1) * rows; ++row) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        row_gradient[row * lanes + lane] = static_cast<float>(responsibility[leaf * lanes + lane]) *
                                           scale * normalised_weight[row * lanes + lane];
      }
    }
  }
}

}  // namespace spvae
