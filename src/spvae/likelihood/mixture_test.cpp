#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "spvae/likelihood/likelihood_testing.h"

namespace spvae {
namespace {

TestedLikelihood mixture_of(int components) {
  LikelihoodConfig config(Likelihood::kMixture);
  config.mixture.components = components;
  return TestedLikelihood(config);
}

TEST(MixtureLikelihood, OfOneComponentIsTheLogistic) {
  const TestedLikelihood one = mixture_of(1);
  const TestedLikelihood logistic(Likelihood::kLogistic);
  for (const double x : {0.0, 77 / 255.0, 1.0}) {
    EXPECT_DOUBLE_EQ(one.log_p(x, {0.4, -1, 7}), logistic.log_p(x, {0.4, -1}));
    const std::vector<double> grad = one.grad_heads(x, {0.4, -1, 7});
    const std::vector<double> expected = logistic.grad_heads(x, {0.4, -1});
    EXPECT_DOUBLE_EQ(grad[0], expected[0]);
    EXPECT_DOUBLE_EQ(grad[1], expected[1]);
    EXPECT_EQ(grad[2], 0);
  }
}

TEST(MixtureLikelihood, IsTheWeightedMeanOfItsComponents) {
  const TestedLikelihood logistic(Likelihood::kLogistic);
  const double weight = 1 / (1 + std::exp(0.8));  // of the first
  for (const double x : {0.0, 77 / 255.0, 1.0}) {
    const double expected = weight * std::exp(logistic.log_p(x, {0.4 - 0.25, -1})) +
                            (1 - weight) * std::exp(logistic.log_p(x, {0.9 + 0.25, 0.5}));
    EXPECT_NEAR(mixture_of(2).log_p(x, {0.4, 0.9, -1, 0.5, 2.2, 3}), std::log(expected), 1e-12);
  }
}

}  // namespace
}  // namespace spvae
