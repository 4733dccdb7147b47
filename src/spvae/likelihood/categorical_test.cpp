#include <gtest/gtest.h>

#include <cmath>

#include "spvae/core/sigmoid.h"
#include "spvae/likelihood/likelihood_testing.h"

namespace spvae {
namespace {

TEST(CategoricalLikelihood, OfTwoValuesIsBernoulliOfTheDifference) {
  TestedLikelihood categorical(Likelihood::kCategorical);
  categorical.config.categorical.values = 2;
  const TestedLikelihood bernoulli(Likelihood::kBernoulli);
  for (const double f : {-7.0, -0.5, 0.0, 3.0}) {
    EXPECT_NEAR(categorical.log_p(0, {1.5, 1.5 + f}), bernoulli.log_p(0, {f}), 1e-12);
    EXPECT_NEAR(categorical.log_p(1, {1.5, 1.5 + f}), bernoulli.log_p(1, {f}), 1e-12);
    EXPECT_NEAR(categorical.grad_heads(1, {1.5, 1.5 + f})[1], bernoulli.grad_heads(1, {f})[0],
                1e-12);
  }
}

TEST(CategoricalLikelihood, DoesNotOverflowWhereLogitsAreLarge) {
  TestedLikelihood categorical(Likelihood::kCategorical);
  categorical.config.categorical.values = 3;
  EXPECT_NEAR(categorical.log_p(0.5, {1000, 1000, -1000}), -std::log(2.0), 1e-12);
  EXPECT_NEAR(categorical.log_p(0.5, {1000, 998, -1000}), -2 - std::log1p(std::exp(-2.0)), 1e-9);
}

}  // namespace
}  // namespace spvae
