#pragma once

#include <span>

#include "spvae/core/thread_pool.h"
#include "spvae/leaves/leaf_engine.h"

namespace spvae {

/// Waist 1 from waist 2 (TP19 Eq. (2)): log_weight [L, samples, stride] → leaf_elbo [L, stride] =
/// log-mean-exp over samples, and normalised importance weights [L, samples, stride] (sum 1).
/// stride is a multiple of kernels::kTile. Where all weights vanish (−∞) the result is −∞ with
/// normalised weights 0; a NaN makes its (leaf, image) NaN.
void importance_weights(std::span<const float> log_weight, int leaves, int samples, int stride,
                        ThreadPool& pool, std::span<double> leaf_elbo,
                        std::span<float> normalised_weight);

/// leaf_elbo [L, stride] of streamed statistics: maximum + log(sum / samples).
void leaf_elbo(const WeightStatistics& statistics, std::span<double> leaf_elbo);

/// row_gradient [L, samples, stride] = responsibility [L, stride] · normalised weight · scale: the
/// factors of d log w in TP19 Algorithm 1.
void row_gradient(std::span<const double> responsibility, std::span<const float> normalised_weight,
                  int leaves, int samples, int stride, float scale, ThreadPool& pool,
                  std::span<float> row_gradient);

/// shares [experts, samples, stride] of an unscaled bound: row_gradient / scale, summed over the
/// leaves of an expert.
void row_shares(std::span<const float> row_gradient, int experts, int samples, int stride,
                float scale, ThreadPool& pool, std::span<float> shares);

/// Leaves out most rows of small shares, so that their gradient costs nothing. Of the samples of an
/// (expert, image) whose share is below `threshold`, each is kept with probability share /
/// threshold, by one random number for all of them (systematic sampling), and then its rows count
/// threshold / share times: the mean gradient stays. The number has the address {noise.seed,
/// noise.step, Purpose::kThinning, image, expert}.
void thin_rows(std::span<const float> shares, int experts, int samples, const Batch& batch,
               const NoiseKey& noise, double threshold, ThreadPool& pool,
               std::span<float> row_gradient);

}  // namespace spvae
