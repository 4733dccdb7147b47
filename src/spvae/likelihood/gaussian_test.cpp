#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "spvae/core/sigmoid.h"
#include "spvae/likelihood/likelihood_testing.h"

namespace spvae {
namespace {

using Heads = std::vector<double>;

const TestedLikelihood kSigmoid(gaussian_config(MeanLink::kSigmoid));
const TestedLikelihood kIdentity(gaussian_config(MeanLink::kIdentity));
const TestedLikelihood kBounded(gaussian_config(MeanLink::kSigmoid, 5));

TEST(GaussianLikelihood, IntegratesToOne) {
  for (const TestedLikelihood& tested : {kSigmoid, kIdentity, kBounded}) {
    for (const double f : {-1.2, 0.0, 0.7}) {
      for (const double g : {0.0, -1.5, 6.0, 30.0}) {
        // The rectangle rule over ±12 standard deviations is exact to rounding for a Gaussian.
        const double bound = tested.config.gaussian.max_precision;
        const double precision = bound > 0 ? std::min(bound, 1 + g * g) : 1 + g * g;
        const double mean = mean_pixel({tested.config, {}, Heads{f, g}});
        const double step = 0.05 / std::sqrt(precision);
        double integral = 0;
        for (int i = -240; i <= 240; ++i) {
          integral += step * std::exp(tested.log_p(mean + i * step, {f, g}));
        }
        EXPECT_NEAR(integral, 1, 1e-12) << f << ' ' << g;
      }
    }
  }
}

TEST(GaussianLikelihood, HasNoGreaterPrecisionThanItsBound) {
  for (const double x : {0.0, 0.3, 1.0}) {
    // Below the bound nothing changes; at it and beyond, the density is that of the bound itself.
    for (const double g : {0.0, -1.9}) {
      EXPECT_EQ(kBounded.log_p(x, {0.4, g}), kSigmoid.log_p(x, {0.4, g}));
      EXPECT_EQ(kBounded.grad_heads(x, {0.4, g}), kSigmoid.grad_heads(x, {0.4, g}));
    }
    const double at_bound = kBounded.log_p(x, {0.4, 2.0});
    EXPECT_NEAR(at_bound, kSigmoid.log_p(x, {0.4, 2.0}), 1e-12);
    for (const double g : {-2.0, 2.0001, -2.5, 30.0, -1e6}) {
      EXPECT_EQ(kBounded.log_p(x, {0.4, g}), at_bound);
      EXPECT_EQ(kBounded.grad_heads(x, {0.4, g})[0], kBounded.grad_heads(x, {0.4, 2.0})[0]);
      EXPECT_EQ(kBounded.grad_heads(x, {0.4, g})[1], 0);
    }
  }
}

TEST(GaussianLikelihood, HasTheGradientOfFiniteDifferencesForEitherLink) {
  constexpr double kStep = 1e-5;
  // A bound that none of the precisions below is at, where the density has a kink.
  const TestedLikelihood bounded(gaussian_config(MeanLink::kSigmoid, 4.5));
  for (const TestedLikelihood& tested : {kIdentity, bounded}) {
    for (const Heads& heads : {Heads{-2, -7}, Heads{0.1, -1}, Heads{0.9, 0.4}, Heads{3, 2}}) {
      for (const double x : {0.0, 0.3, 1.0}) {
        for (std::size_t h = 0; h < 2; ++h) {
          Heads above = heads;
          Heads below = heads;
          above[h] += kStep;
          below[h] -= kStep;
          const double slope = (tested.log_p(x, above) - tested.log_p(x, below)) / (2 * kStep);
          EXPECT_NEAR(tested.grad_heads(x, heads)[h], slope, 1e-6 * (1 + std::abs(slope)));
        }
      }
    }
  }
}

TEST(GaussianLikelihood, DrawsWithTheMeanAndPrecisionOfItsHeads) {
  const Heads heads = {0.4, 3};
  const PixelDistribution p{kSigmoid.config, {}, heads};
  EXPECT_DOUBLE_EQ(mean_pixel(p), 1 / (1 + std::exp(-0.4)));
  constexpr int kDraws = 4000;
  double sum = 0, squares = 0;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    // Standardised: mean 0, variance 1 + 3².
    const double x = draw_pixel(p, {.seed = 7, .purpose = Purpose::kSampling, .image = i}, i % 9) -
                     mean_pixel(p);
    sum += x * std::sqrt(10.0);
    squares += x * x * 10;
  }
  EXPECT_NEAR(sum / kDraws, 0, 4 / std::sqrt(kDraws));            // 4 standard errors
  EXPECT_NEAR(squares / kDraws, 1, 4 * std::sqrt(2.0 / kDraws));  // 4 standard errors
}

TEST(GaussianLikelihood, OfTheIdentityLinkIsCentredOnTheHead) {
  EXPECT_EQ(mean_pixel({kIdentity.config, {}, Heads{-1.5, 0}}), -1.5);
  EXPECT_NEAR(draw_pixel({kIdentity.config, {}, Heads{-1.5, 1e9}}, {}, 0), -1.5, 1e-6);
}

}  // namespace
}  // namespace spvae
