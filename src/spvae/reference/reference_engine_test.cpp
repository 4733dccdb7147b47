#include "spvae/reference/reference_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "spvae/core/random.h"
#include "spvae/reference/leaf_reference.h"

namespace spvae {
namespace {

constexpr int kSamples = 3;

// Leaf regions {0, 1, 3} and {2, 4} with two leaves each: two groups, four leaves.
RegionGraph two_regions() {
  return RegionGraph(5, {{{0, 1, 3}}, {{2, 4}}, {{0, 1, 2, 3, 4}}}, {{2, 0, 1}});
}

class ReferenceEngineTest : public testing::Test {
 protected:
  ReferenceEngineTest() {
    layout.add("after", {4});
    parameters.resize(layout.size());
    bank.initialise(1, parameters);
    batch.size = 3;
    batch.stride = 5;
    batch.variables = 5;
    batch.indices = batch.addresses = {40, 7, 11, 11, 11};
    for (int pixel = 0; pixel < 5; ++pixel) {
      for (const std::uint32_t image : batch.indices) {
        batch.values.push_back(static_cast<float>(
            random_uniform({.seed = 9, .image = image}, static_cast<std::uint32_t>(pixel))));
      }
    }
  }

  std::size_t rows() const { return 4U * kSamples * 5U; }
  static std::size_t row(int leaf, int sample, int lane) {
    return static_cast<std::size_t>((leaf * kSamples + sample) * 5 + lane);
  }
  std::vector<float> row_gradients() const {
    std::vector<float> result(rows());
    for (std::size_t i = 0; i < rows(); ++i) {
      result[i] = static_cast<float>(random_normal({.seed = 5}, static_cast<std::uint32_t>(i)));
    }
    return result;
  }

  ParameterLayout layout;
  LeafBank bank{
      two_regions(), {1, 5, 1}, 2, {.hidden = 4, .hidden_layers = 1, .latent = 3}, layout};
  ParameterBuffer parameters;
  Batch batch;
  ThreadPool pool{2};
  NoiseKey noise{.seed = 6, .step = 13, .purpose = Purpose::kValidation};
};

TEST_F(ReferenceEngineTest, EvaluatesEachRowWithTheNoiseOfItsAddress) {
  constexpr int kFirst = 2;
  std::vector<double> log_weight(rows());
  std::vector<double> magnitude(rows());
  reference_log_weights(bank, parameters, batch, noise, kFirst, kSamples, pool, log_weight,
                        magnitude);
  std::vector<float> rounded(rows());
  make_reference_engine(bank, pool)
      ->log_weights(parameters, batch, noise, kFirst, kSamples, rounded);

  const std::vector<double> wide(parameters.begin(), parameters.end());
  const std::vector<std::vector<std::size_t>> scopes = {{0, 1, 3}, {0, 1, 3}, {2, 4}, {2, 4}};
  for (int leaf = 0; leaf < 4; ++leaf) {
    for (int sample = 0; sample < kSamples; ++sample) {
      for (int lane = 0; lane < 5; ++lane) {
        std::vector<double> pixels;
        for (const std::size_t pixel : scopes[static_cast<std::size_t>(leaf)]) {
          pixels.push_back(batch.values[pixel * 5 + static_cast<std::size_t>(lane)]);
        }
        std::vector<double> epsilon;
        for (std::uint32_t d = 0; d < 3; ++d) {
          epsilon.push_back(random_normal({.seed = 6,
                                           .step = 13,
                                           .purpose = Purpose::kValidation,
                                           .image = batch.addresses[static_cast<std::size_t>(lane)],
                                           .leaf = static_cast<std::uint32_t>(leaf),
                                           .sample = static_cast<std::uint32_t>(kFirst + sample)},
                                          d));
        }
        const LogWeight expected = leaf_log_weight(bank, leaf, wide, pixels, epsilon);
        const std::size_t i = row(leaf, sample, lane);
        EXPECT_EQ(log_weight[i], expected.value);
        EXPECT_EQ(magnitude[i], expected.magnitude);
        EXPECT_EQ(rounded[i], static_cast<float>(expected.value));
      }
    }
  }
}

TEST_F(ReferenceEngineTest, HasTheGradientOfCentralDifferences) {
  const std::vector<float> row_gradient = row_gradients();
  const auto objective = [&](const ParameterBuffer& at) {
    std::vector<double> log_weight(rows());
    reference_log_weights(bank, at, batch, noise, 0, kSamples, pool, log_weight);
    double sum = 0;
    for (int leaf = 0; leaf < 4; ++leaf) {
      for (int sample = 0; sample < kSamples; ++sample) {
        for (int lane = 0; lane < batch.size; ++lane) {
          sum += row_gradient[row(leaf, sample, lane)] * log_weight[row(leaf, sample, lane)];
        }
      }
    }
    return sum;
  };
  std::vector<float> grad(parameters.size(), 77.0F);
  make_reference_engine(bank, pool)
      ->backward(parameters, batch, noise, kSamples, {row_gradient}, grad);

  for (std::size_t i = 0; i < bank.parameters_end(); ++i) {
    ParameterBuffer above = parameters;
    ParameterBuffer below = parameters;
    above[i] += 1e-3F;
    below[i] -= 1e-3F;
    const double step = static_cast<double>(above[i]) - static_cast<double>(below[i]);
    const double slope = (objective(above) - objective(below)) / step;
    ASSERT_NEAR(grad[i], slope, 1e-4 * (1 + std::abs(slope))) << "parameter " << i;
  }
  EXPECT_THAT(std::span(grad).subspan(bank.parameters_end()), testing::Each(77.0F));
}

TEST_F(ReferenceEngineTest, StreamsTheStatisticsOfTheLogWeights) {
  std::vector<double> log_weight(rows());
  reference_log_weights(bank, parameters, batch, noise, 0, kSamples, pool, log_weight);
  WeightStatistics statistics;
  make_reference_engine(bank, pool)->statistics(parameters, batch, noise, kSamples, statistics);
  ASSERT_EQ(statistics.leaves, 4);
  ASSERT_EQ(statistics.stride, 5);
  ASSERT_EQ(statistics.samples, kSamples);
  ASSERT_EQ(statistics.sum.size(), 20U);
  for (int leaf = 0; leaf < 4; ++leaf) {
    for (int lane = 0; lane < 5; ++lane) {
      const auto i = static_cast<std::size_t>(leaf * 5 + lane);
      double maximum = log_weight[row(leaf, 0, lane)];
      for (int s = 1; s < kSamples; ++s)
        maximum = std::max(maximum, log_weight[row(leaf, s, lane)]);
      EXPECT_EQ(statistics.maximum[i], static_cast<float>(maximum));
      double sum = 0;
      double sum_squares = 0;
      for (int s = 0; s < kSamples; ++s) {
        const double weight =
            std::exp(log_weight[row(leaf, s, lane)] - static_cast<double>(statistics.maximum[i]));
        sum += weight;
        sum_squares += weight * weight;
      }
      EXPECT_NEAR(statistics.sum[i], sum, 1e-12 * sum);
      EXPECT_NEAR(statistics.sum_squares[i], sum_squares, 1e-12 * sum_squares);
    }
  }
}

TEST_F(ReferenceEngineTest, GivesTheSameBitsForAnyNumberOfThreads) {
  ThreadPool single(1);
  std::vector<float> one(rows());
  std::vector<float> two(rows());
  make_reference_engine(bank, single)->log_weights(parameters, batch, noise, 0, kSamples, one);
  make_reference_engine(bank, pool)->log_weights(parameters, batch, noise, 0, kSamples, two);
  EXPECT_EQ(one, two);

  std::vector<float> grad_one(parameters.size());
  std::vector<float> grad_two(parameters.size());
  const std::vector<float> gradient = row_gradients();
  make_reference_engine(bank, single)
      ->backward(parameters, batch, noise, kSamples, {gradient}, grad_one);
  make_reference_engine(bank, pool)
      ->backward(parameters, batch, noise, kSamples, {gradient}, grad_two);
  EXPECT_EQ(grad_one, grad_two);
}

}  // namespace
}  // namespace spvae
