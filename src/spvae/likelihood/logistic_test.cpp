#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "spvae/core/sigmoid.h"
#include "spvae/likelihood/likelihood_testing.h"

namespace spvae {
namespace {

const TestedLikelihood kLogistic(Likelihood::kLogistic);

TEST(LogisticLikelihood, SumsToOneWhereItsLocationIsFarAndItsScaleTiny) {
  for (const double f : {-30.0, -1.0, 0.0, 0.2, 0.5, 0.123456, 1.0, 3.0}) {
    for (const double g : {-60.0, -6.0, -3.0, -1.0, 0.0, 2.0, 10.0, 30.0}) {
      double sum = 0;
      for (int v = 0; v <= 255; ++v) sum += std::exp(kLogistic.log_p(v / 255.0, {f, g}));
      EXPECT_NEAR(sum, 1, 1e-9) << f << ' ' << g;
    }
  }
}

TEST(LogisticLikelihood, IsTheDifferenceOfTheDistributionFunction) {
  const double f = 0.4;
  const double g = -1;
  const double a = std::exp(2 - g);
  for (const int v : {1, 60, 101, 102, 103, 254}) {
    const double mass = sigmoid(a * ((v + 0.5) / 255 - f)) - sigmoid(a * ((v - 0.5) / 255 - f));
    EXPECT_NEAR(kLogistic.log_p(v / 255.0, {f, g}), std::log(mass), 1e-9) << v;
  }
  EXPECT_NEAR(kLogistic.log_p(0, {f, g}), std::log(sigmoid(a * (0.5 / 255 - f))), 1e-12);
  EXPECT_NEAR(kLogistic.log_p(1, {f, g}), std::log(sigmoid(-a * (254.5 / 255 - f))), 1e-12);
}

TEST(LogisticLikelihood, HasNoGradientFromItsBoundOn) {
  EXPECT_EQ(kLogistic.grad_heads(0.5, {0.4, -6.1})[1], 0);
  EXPECT_EQ(kLogistic.log_p(0.5, {0.4, -6.1}), kLogistic.log_p(0.5, {0.4, -9}));
}

TEST(Softplus, IsExactAtBothEnds) {
  EXPECT_EQ(softplus(1000), 1000);
  EXPECT_DOUBLE_EQ(softplus(-50), std::exp(-50.0));
  EXPECT_DOUBLE_EQ(softplus(0), std::log(2.0));
  EXPECT_DOUBLE_EQ(sigmoid(-700), std::exp(-700.0));
  EXPECT_EQ(sigmoid(700), 1);
}

}  // namespace
}  // namespace spvae
