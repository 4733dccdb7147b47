#include "spvae/leaves/importance.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "spvae/core/random.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

constexpr int kStride = 2 * kernels::kTile;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Weights {
  std::vector<double> elbo;
  std::vector<float> normalised;
};

Weights weights_of(const std::vector<float>& log_weight, int leaves, int samples, int threads = 1) {
  ThreadPool pool(threads);
  Weights result{std::vector<double>(static_cast<std::size_t>(leaves * kStride)),
                 std::vector<float>(log_weight.size())};
  importance_weights(log_weight, leaves, samples, kStride, pool, result.elbo, result.normalised);
  return result;
}

// Normal log weights about −1000 of standard deviation `spread`, [leaves, samples, kStride].
std::vector<float> random_log_weights(int leaves, int samples, double spread) {
  std::vector<float> result(static_cast<std::size_t>(leaves * samples * kStride));
  for (std::size_t i = 0; i < result.size(); ++i) {
    const double normal = random_normal({.seed = 4}, static_cast<std::uint32_t>(i));
    result[i] = static_cast<float>(-1000 + spread * normal);
  }
  return result;
}

TEST(ImportanceWeights, AgreeWithTheirTwinInDouble) {
  constexpr int kLeaves = 3;
  for (const int samples : {1, 2, 5, 50}) {
    for (const double spread : {0.0, 1.0, 30.0, 1e4, 1e30}) {
      const auto log_weight = random_log_weights(kLeaves, samples, spread);
      const Weights weights = weights_of(log_weight, kLeaves, samples);
      for (int leaf = 0; leaf < kLeaves; ++leaf) {
        for (int lane = 0; lane < kStride; ++lane) {
          const auto row = [&](int s) {
            return static_cast<std::size_t>((leaf * samples + s) * kStride + lane);
          };
          double maximum = log_weight[row(0)];
          for (int s = 1; s < samples; ++s) {
            maximum = std::max(maximum, static_cast<double>(log_weight[row(s)]));
          }
          double sum = 0;
          for (int s = 0; s < samples; ++s) sum += std::exp(log_weight[row(s)] - maximum);
          const double expected = maximum + std::log(sum / samples);
          const double elbo = weights.elbo[static_cast<std::size_t>(leaf * kStride + lane)];
          ASSERT_NEAR(elbo, expected, 2e-6 + 1e-15 * std::abs(expected))
              << samples << ' ' << spread;
          double total = 0;
          for (int s = 0; s < samples; ++s) {
            const double weight = std::exp(log_weight[row(s)] - maximum) / sum;
            ASSERT_NEAR(weights.normalised[row(s)], weight, 1e-6) << samples << ' ' << spread;
            total += weights.normalised[row(s)];
          }
          ASSERT_NEAR(total, 1, 1e-6);
        }
      }
    }
  }
}

TEST(ImportanceWeights, OfEqualSamplesAreUniform) {
  const Weights weights = weights_of(std::vector<float>(4 * kStride, -321.5F), 1, 4);
  for (const double elbo : weights.elbo) EXPECT_NEAR(elbo, -321.5, 1e-6);
  for (const float weight : weights.normalised) EXPECT_FLOAT_EQ(weight, 0.25F);
}

TEST(ImportanceWeights, PassOverImpossibleSamples) {
  std::vector<float> log_weight(2 * kStride, -kInfinity);
  log_weight[kStride + 1] = 2;
  const Weights weights = weights_of(log_weight, 1, 2);
  EXPECT_EQ(weights.elbo[0], -kInfinity);
  EXPECT_EQ(weights.normalised[0], 0);
  EXPECT_EQ(weights.normalised[kStride], 0);
  EXPECT_NEAR(weights.elbo[1], 2 - std::log(2.0), 1e-6);
  EXPECT_EQ(weights.normalised[1], 0);
  EXPECT_EQ(weights.normalised[kStride + 1], 1);
}

TEST(ImportanceWeights, KeepANanInItsLeafAndImage) {
  for (const std::size_t sample : {0U, 1U, 2U}) {
    std::vector<float> log_weight(3 * kStride, 1.0F);
    log_weight[sample * kStride + 5] = std::numeric_limits<float>::quiet_NaN();
    const Weights weights = weights_of(log_weight, 1, 3);
    for (std::size_t lane = 0; lane < kStride; ++lane) {
      EXPECT_EQ(std::isnan(weights.elbo[lane]), lane == 5) << sample << ' ' << lane;
    }
  }
}

TEST(ImportanceWeights, AreTheSameBitsForAnyNumberOfThreads) {
  const auto log_weight = random_log_weights(5, 3, 2);
  const Weights one = weights_of(log_weight, 5, 3, 1);
  const Weights two = weights_of(log_weight, 5, 3, 2);
  EXPECT_EQ(one.elbo, two.elbo);
  EXPECT_EQ(one.normalised, two.normalised);
}

TEST(LeafElbo, OfStatisticsIsTheLogMeanOfTheWeights) {
  WeightStatistics statistics;
  statistics.leaves = 1;
  statistics.stride = 2;
  statistics.samples = 8;
  statistics.maximum = {-1000, -kInfinity};
  statistics.sum = {2, 0};
  std::vector<double> elbo(2);
  leaf_elbo(statistics, elbo);
  EXPECT_DOUBLE_EQ(elbo[0], -1000 - std::log(4.0));
  EXPECT_EQ(elbo[1], -kInfinity);
}

TEST(RowGradient, IsTheProductOfResponsibilityWeightAndScale) {
  // Two leaves, two samples, three images.
  const std::vector<double> responsibility = {0.5, 0, 1, 0.25, 1, 0};
  const std::vector<float> weight = {0.5F, 0.25F, 1, 0.5F, 0.75F, 0, 0.25F, 1, 1, 0.75F, 0, 0};
  std::vector<float> gradient(12);
  ThreadPool pool(2);
  row_gradient(responsibility, weight, 2, 2, 3, 0.5F, pool, gradient);
  const std::vector<float> expected = {0.125F,   0,    0.5F, 0.125F,   0, 0,
                                       0.03125F, 0.5F, 0,    0.09375F, 0, 0};
  EXPECT_EQ(gradient, expected);
}

TEST(RowShares, AreTheSumsOfTheLeavesOfEachExpert) {
  // Two experts of two leaves, one sample, two images.
  const std::vector<float> gradient = {0.25F, 0.5F, 0.125F, 0, 1, 0, 0, 0.25F};
  std::vector<float> shares(4);
  ThreadPool pool(2);
  row_shares(gradient, 2, 1, 2, 0.5F, pool, shares);
  EXPECT_EQ(shares, (std::vector<float>{0.75F, 1, 2, 0.5F}));
}

/// An expert of two leaves, three images, ten samples; a third of the shares is large.
struct ThinnedRows {
  static constexpr int kSamples = 10;
  static constexpr int kImages = 3;
  static constexpr double kThreshold = 0.2;

  ThinnedRows() {
    batch.size = kImages;
    batch.stride = kernels::kTile;
    for (std::uint32_t lane = 0; lane < kernels::kTile; ++lane)
      batch.addresses.push_back(40 + lane);
    const std::size_t rows = static_cast<std::size_t>(kSamples * batch.stride);
    for (std::size_t i = 0; i < 2 * rows; ++i) {
      const double u = random_uniform({.seed = 3}, static_cast<std::uint32_t>(i));
      gradient.push_back(static_cast<float>(i / rows == 0 && i % 3 == 0 ? 0.2 + u : 0.08 * u));
    }
    shares.resize(rows);
    row_shares(gradient, 1, kSamples, batch.stride, 1, pool, shares);
  }

  std::vector<float> thinned(std::uint32_t step) {
    std::vector<float> result = gradient;
    thin_rows(shares, 1, kSamples, batch, {7, step, Purpose::kTraining}, kThreshold, pool, result);
    return result;
  }

  ThreadPool pool{2};
  Batch batch;
  std::vector<float> gradient;
  std::vector<float> shares;
};

TEST(ThinRows, KeepsTheMeanAndAllRowsOfLargeShares) {
  ThinnedRows rows;
  constexpr int kSteps = 4000;
  std::vector<double> mean(rows.gradient.size());
  for (std::uint32_t step = 0; step < kSteps; ++step) {
    const std::vector<float> thinned = rows.thinned(step);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += static_cast<double>(thinned[i]) / kSteps;
      if (static_cast<double>(rows.shares[i % rows.shares.size()]) >= ThinnedRows::kThreshold) {
        ASSERT_EQ(thinned[i], rows.gradient[i]);
      }
    }
  }
  for (std::size_t i = 0; i < mean.size(); ++i) {
    if (static_cast<int>(i) % rows.batch.stride >= ThinnedRows::kImages) continue;
    // A kept row counts threshold / share times, at a probability of share / threshold.
    const auto share = static_cast<double>(rows.shares[i % rows.shares.size()]);
    const auto gradient = static_cast<double>(rows.gradient[i]);
    const double p = std::min(1.0, share / ThinnedRows::kThreshold);
    const double error = gradient * std::sqrt((1 / p - 1) / kSteps);
    EXPECT_NEAR(mean[i], gradient, 4.5 * error + 1e-6);
  }
}

TEST(ThinRows, KeepsAsManyOfTheOthersAsTheirSharesMakeUp) {
  ThinnedRows rows;
  const auto stride = static_cast<std::size_t>(rows.batch.stride);
  for (std::uint32_t step = 0; step < 50; ++step) {
    const std::vector<float> thinned = rows.thinned(step);
    for (std::size_t lane = 0; lane < ThinnedRows::kImages; ++lane) {
      double expected = 0;
      int kept = 0;
      for (std::size_t row = lane; row < rows.shares.size(); row += stride) {
        const auto share = static_cast<double>(rows.shares[row]);
        if (share >= ThinnedRows::kThreshold) continue;
        expected += share / ThinnedRows::kThreshold;
        if (thinned[row] == 0) continue;
        ++kept;
        EXPECT_NEAR(thinned[row] / rows.gradient[row], ThinnedRows::kThreshold / share, 1e-4);
      }
      EXPECT_LT(std::abs(kept - expected), 1);
    }
  }
}

}  // namespace
}  // namespace spvae
