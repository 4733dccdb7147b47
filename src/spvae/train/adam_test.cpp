#include "spvae/train/adam.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace spvae {
namespace {

/// Kingma and Ba (2015), Algorithm 1, as printed, in double.
struct Twin {
  AdamConfig config;
  std::vector<double> m, v;

  void ascend(int t, double learning_rate, const ParameterBuffer& gradient,
              std::vector<double>& parameters) {
    for (std::size_t i = 0; i < m.size(); ++i) {
      const double g = gradient[i];
      m[i] = config.beta1 * m[i] + (1 - config.beta1) * g;
      v[i] = config.beta2 * v[i] + (1 - config.beta2) * g * g;
      const double corrected_m = m[i] / (1 - std::pow(config.beta1, t));
      const double corrected_v = v[i] / (1 - std::pow(config.beta2, t));
      parameters[i] += learning_rate * corrected_m / (std::sqrt(corrected_v) + config.epsilon);
    }
  }
};

TEST(Adam, MovesEveryParameterByTheLearningRateInItsFirstStep) {
  ThreadPool pool(1);
  Adam adam({}, 3);
  ParameterBuffer parameters = {1, 2, 3};
  adam.ascend(1, 0.01, ParameterBuffer{5, -1e-3f, 0}, parameters, pool);
  EXPECT_FLOAT_EQ(parameters[0], 1.01f);
  EXPECT_NEAR(parameters[1], 1.99f, 2e-7);
  EXPECT_EQ(parameters[2], 3);
}

TEST(Adam, FollowsItsTwinInDoubleOverManySteps) {
  for (const std::size_t size : {1u, 15u, 16u, 17u, 65u, 40000u}) {
    const AdamConfig config{.beta1 = 0.8, .beta2 = 0.99, .epsilon = 1e-4};
    ThreadPool pool(2);
    Adam adam(config, size);
    Twin twin{config, std::vector<double>(size), std::vector<double>(size)};
    ParameterBuffer parameters(size, 0.5f), gradient(size);
    std::vector<double> expected(size, 0.5);
    std::mt19937 generator(1);
    std::normal_distribution<float> normal;
    for (int t = 1; t <= 50; ++t) {
      for (float& g : gradient) g = 0.01f * normal(generator);
      adam.ascend(t, 0.01, gradient, parameters, pool);
      twin.ascend(t, 0.01, gradient, expected);
    }
    for (std::size_t i = 0; i < size; ++i) {
      ASSERT_NEAR(parameters[i], expected[i], 1e-5) << i << " of " << size;
    }
  }
}

TEST(Adam, GivesTheSameBitsForAnyNumberOfThreads) {
  const std::size_t size = 100003;
  ParameterBuffer results[2];
  for (int run = 0; run < 2; ++run) {
    ThreadPool pool(run == 0 ? 1 : 3);
    Adam adam({}, size);
    ParameterBuffer gradient(size);
    results[run].resize(size);
    for (int t = 1; t <= 3; ++t) {
      for (std::size_t i = 0; i < size; ++i) {
        gradient[i] = std::sin(static_cast<float>(i) + static_cast<float>(t));
      }
      adam.ascend(t, 0.01, gradient, results[run], pool);
    }
  }
  EXPECT_EQ(results[0], results[1]);
}

}  // namespace
}  // namespace spvae
