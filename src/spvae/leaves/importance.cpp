#include "spvae/leaves/importance.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <vector>

#include "spvae/core/random.h"
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
                  int leaves, int samples, int stride, float scale, ThreadPool& pool,
                  std::span<float> row_gradient) {
  const auto lanes = static_cast<std::size_t>(stride);
  const auto rows = static_cast<std::size_t>(samples);
  assert(responsibility.size() == static_cast<std::size_t>(leaves) * lanes);
  assert(normalised_weight.size() == responsibility.size() * rows);
  assert(row_gradient.size() == normalised_weight.size());
  pool.run(leaves, [&](int task, int) {
    const auto leaf = static_cast<std::size_t>(task);
    for (std::size_t row = leaf * rows; row < (leaf + 1) * rows; ++row) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        row_gradient[row * lanes + lane] = static_cast<float>(responsibility[leaf * lanes + lane]) *
                                           scale * normalised_weight[row * lanes + lane];
      }
    }
  });
}

void row_shares(std::span<const float> row_gradient, int experts, int samples, int stride,
                float scale, ThreadPool& pool, std::span<float> shares) {
  const std::size_t rows = static_cast<std::size_t>(samples) * static_cast<std::size_t>(stride);
  assert(shares.size() == static_cast<std::size_t>(experts) * rows);
  assert(row_gradient.size() % shares.size() == 0);
  const std::size_t leaves = row_gradient.size() / shares.size();  // of an expert
  pool.run(experts, [&](int task, int) {
    const auto expert = static_cast<std::size_t>(task);
    const auto sum = shares.subspan(expert * rows, rows);
    std::ranges::fill(sum, 0.0f);
    for (std::size_t leaf = expert * leaves; leaf < (expert + 1) * leaves; ++leaf) {
      const auto of_leaf = row_gradient.subspan(leaf * rows, rows);
      for (std::size_t i = 0; i < rows; ++i) sum[i] += of_leaf[i];
    }
    for (float& share : sum) share /= scale;
  });
}

void thin_rows(std::span<const float> shares, int experts, int samples, const Batch& batch,
               const NoiseKey& noise, double threshold, ThreadPool& pool,
               std::span<float> row_gradient) {
  const auto stride = static_cast<std::size_t>(batch.stride);
  const std::size_t rows = static_cast<std::size_t>(samples) * stride;
  assert(shares.size() == static_cast<std::size_t>(experts) * rows);
  assert(row_gradient.size() % shares.size() == 0);
  const std::size_t leaves = row_gradient.size() / shares.size();  // of an expert
  pool.run(experts, [&](int task, int) {
    const auto expert = static_cast<std::size_t>(task);
    const auto of_expert = shares.subspan(expert * rows, rows);
    std::vector<float> factors(rows, 1.0f);
    for (std::size_t lane = 0; lane < static_cast<std::size_t>(batch.size); ++lane) {
      double passed = random_uniform({.seed = noise.seed,
                                      .step = noise.step,
                                      .purpose = Purpose::kThinning,
                                      .image = batch.addresses[lane],
                                      .leaf = static_cast<std::uint32_t>(expert)},
                                     0);
      for (std::size_t row = lane; row < rows; row += stride) {
        const auto share = static_cast<double>(of_expert[row]);
        if (!(share < threshold)) continue;
        const double before = std::floor(passed);
        passed += share / threshold;
        const bool is_kept = std::floor(passed) > before;
        factors[row] = is_kept ? static_cast<float>(threshold / share) : 0.0f;
      }
    }
    for (std::size_t leaf = expert * leaves; leaf < (expert + 1) * leaves; ++leaf) {
      const auto of_leaf = row_gradient.subspan(leaf * rows, rows);
      for (std::size_t i = 0; i < rows; ++i) of_leaf[i] *= factors[i];
    }
  });
}

}  // namespace spvae
