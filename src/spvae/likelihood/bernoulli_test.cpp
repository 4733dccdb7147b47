#include <gtest/gtest.h>

#include <cmath>

#include "spvae/core/sigmoid.h"
#include "spvae/likelihood/likelihood_testing.h"

namespace spvae {
namespace {

TEST(BernoulliLikelihood, IsTheLogisticFunctionOfItsLogit) {
  const TestedLikelihood bernoulli(Likelihood::kBernoulli);
  for (const double f : {-12.0, -1.0, 0.0, 0.3, 7.0}) {
    EXPECT_NEAR(bernoulli.log_p(1, {f}), std::log(sigmoid(f)), 1e-12);
    EXPECT_NEAR(bernoulli.log_p(0, {f}), std::log(sigmoid(-f)), 1e-12);
  }
}

}  // namespace
}  // namespace spvae
