#include "spvae/reference/likelihood_reference.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

namespace spvae {
namespace {

using Heads = std::vector<double>;

double log_p(const LeafConfig& config, double value, const Heads& heads) {
  return pixel_log_likelihood(config, value, heads).value;
}

double total_mass(const LeafConfig& config, const Heads& heads) {
  double sum = 0;
  for (int v = 0; v <= 255; ++v) sum += std::exp(log_p(config, v / 255.0, heads));
  return sum;
}

const LeafConfig kGaussianConfig{.likelihood = Likelihood::kGaussian};
const LeafConfig kIdentityConfig{.likelihood = Likelihood::kGaussian,
                                 .mean_link = MeanLink::kIdentity};
const LeafConfig kBoundedConfig{.likelihood = Likelihood::kGaussian, .max_precision = 5};
const LeafConfig kBinomialConfig{.likelihood = Likelihood::kBinomial};
const LeafConfig kLogisticConfig{.likelihood = Likelihood::kLogistic};

TEST(BinomialLikelihood, SumsToOne) {
  for (const double f : {-40.0, -16.118, -5.0, -0.3, 0.0, 1.7, 9.0, 16.118, 100.0}) {
    EXPECT_NEAR(total_mass(kBinomialConfig, {f}), 1, 1e-10) << f;
  }
}

TEST(BinomialLikelihood, AgreesWithPascalsTriangle) {
  std::vector<double> row = {1};
  for (int n = 1; n <= 255; ++n) {
    row.push_back(1);
    for (std::size_t i = row.size() - 2; i > 0; --i) row[i] += row[i - 1];
  }
  for (const int v : {0, 1, 2, 77, 128, 254, 255}) {
    const double expected = std::log(row[static_cast<std::size_t>(v)]) + v * std::log(0.25) +
                            (255 - v) * std::log(0.75);
    EXPECT_NEAR(log_p(kBinomialConfig, v / 255.0, {-std::log(3.0)}), expected, 1e-10) << v;
  }
}

TEST(BinomialLikelihood, KeepsProbabilitiesOffZeroAndOne) {
  const double p = 1 / (1 + std::exp(kLogitLimit));
  EXPECT_NEAR(p, 1e-7, 1e-10);
  EXPECT_NEAR(log_p(kBinomialConfig, 1, {-1000}), 255 * std::log(p), 1e-9);
  EXPECT_EQ(log_p(kBinomialConfig, 0.5, {20}), log_p(kBinomialConfig, 0.5, {kLogitLimit}));
  EXPECT_EQ(pixel_log_likelihood(kBinomialConfig, 0.5, Heads{16.2}).grad_heads[0], 0);
  EXPECT_EQ(pixel_log_likelihood(kBinomialConfig, 0.5, Heads{-16.2}).grad_heads[0], 0);
  EXPECT_NE(pixel_log_likelihood(kBinomialConfig, 0.5, Heads{16.1}).grad_heads[0], 0);
}

TEST(LogisticLikelihood, SumsToOne) {
  for (const double f : {-30.0, -1.0, 0.0, 0.2, 0.5, 0.123456, 1.0, 3.0}) {
    for (const double g : {-60.0, -6.0, -3.0, -1.0, 0.0, 2.0, 10.0, 30.0}) {
      EXPECT_NEAR(total_mass(kLogisticConfig, {f, g}), 1, 1e-9) << f << ' ' << g;
    }
  }
}

TEST(LogisticLikelihood, IsTheDifferenceOfTheDistributionFunction) {
  const double f = 0.4;
  const double g = -1;
  const double a = std::exp(2 - g);
  for (const int v : {1, 60, 101, 102, 103, 254}) {
    const double mass = sigmoid(a * ((v + 0.5) / 255 - f)) - sigmoid(a * ((v - 0.5) / 255 - f));
    EXPECT_NEAR(log_p(kLogisticConfig, v / 255.0, {f, g}), std::log(mass), 1e-9) << v;
  }
  EXPECT_NEAR(log_p(kLogisticConfig, 0, {f, g}), std::log(sigmoid(a * (0.5 / 255 - f))), 1e-12);
  EXPECT_NEAR(log_p(kLogisticConfig, 1, {f, g}), std::log(sigmoid(-a * (254.5 / 255 - f))), 1e-12);
}

TEST(LogisticLikelihood, IsFiniteFarFromItsLocation) {
  for (const double g : {-1e4, -6.0, 0.0, 1e2}) {
    for (const double v : {0.0, 1.0, 128.0, 254.0, 255.0}) {
      const auto pixel = pixel_log_likelihood(kLogisticConfig, v / 255, Heads{50, g});
      EXPECT_TRUE(std::isfinite(pixel.value)) << g << ' ' << v;
      EXPECT_TRUE(std::isfinite(pixel.grad_heads[0])) << g << ' ' << v;
      EXPECT_TRUE(std::isfinite(pixel.grad_heads[1])) << g << ' ' << v;
    }
  }
  EXPECT_EQ(pixel_log_likelihood(kLogisticConfig, 0.5, Heads{0.4, -6.1}).grad_heads[1], 0);
  EXPECT_EQ(log_p(kLogisticConfig, 0.5, {0.4, -6.1}), log_p(kLogisticConfig, 0.5, {0.4, -9}));
}

TEST(GaussianLikelihood, IntegratesToOne) {
  for (const LeafConfig& config : {kGaussianConfig, kIdentityConfig, kBoundedConfig}) {
    for (const double f : {-1.2, 0.0, 0.7}) {
      for (const double g : {0.0, -1.5, 6.0, 30.0}) {
        // The rectangle rule over ±12 standard deviations is exact to rounding for a Gaussian.
        const double mean = config.mean_link == MeanLink::kSigmoid ? sigmoid(f) : f;
        const double step = 0.05 / std::sqrt(gaussian_precision(config, g));
        double integral = 0;
        for (int i = -240; i <= 240; ++i) {
          integral += step * std::exp(log_p(config, mean + i * step, {f, g}));
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
      const auto bounded = pixel_log_likelihood(kBoundedConfig, x, Heads{0.4, g});
      const auto free = pixel_log_likelihood(kGaussianConfig, x, Heads{0.4, g});
      EXPECT_EQ(bounded.value, free.value);
      EXPECT_EQ(bounded.grad_heads[0], free.grad_heads[0]);
      EXPECT_EQ(bounded.grad_heads[1], free.grad_heads[1]);
    }
    const auto at_bound = pixel_log_likelihood(kBoundedConfig, x, Heads{0.4, 2.0});
    EXPECT_NEAR(at_bound.value, pixel_log_likelihood(kGaussianConfig, x, Heads{0.4, 2.0}).value,
                1e-12);
    for (const double g : {-2.0, 2.0001, -2.5, 30.0, -1e6}) {
      const auto beyond = pixel_log_likelihood(kBoundedConfig, x, Heads{0.4, g});
      EXPECT_EQ(beyond.value, at_bound.value);
      EXPECT_EQ(beyond.grad_heads[0], at_bound.grad_heads[0]);
      EXPECT_EQ(beyond.grad_heads[1], 0);
    }
  }
}

TEST(PixelLogLikelihood, HasTheGradientOfFiniteDifferences) {
  // A bound that none of the precisions below is at, where the density has a kink.
  const LeafConfig bounded{.likelihood = Likelihood::kGaussian, .max_precision = 4.5};
  const std::array<LeafConfig, 5> configs = {kGaussianConfig, kIdentityConfig, bounded,
                                             kBinomialConfig, kLogisticConfig};
  for (const LeafConfig& config : configs) {
    for (const double value : {0.0, 1 / 255.0, 0.3, 254 / 255.0, 1.0}) {
      for (const double f : {-2.0, 0.1, 0.9, 3.0}) {
        for (const double g : {-7.0, -1.0, 0.4, 2.0}) {
          Heads heads = {f, g};
          heads.resize(likelihood_info(config.likelihood).heads.size());
          const auto pixel = pixel_log_likelihood(config, value, heads);
          for (std::size_t h = 0; h < heads.size(); ++h) {
            constexpr double kStep = 1e-5;
            Heads above = heads;
            Heads below = heads;
            above[h] += kStep;
            below[h] -= kStep;
            const double slope =
                (log_p(config, value, above) - log_p(config, value, below)) / (2 * kStep);
            EXPECT_NEAR(pixel.grad_heads[h], slope, 1e-6 * (1 + std::abs(slope)))
                << value << ' ' << f << ' ' << g << " head " << h;
          }
        }
      }
    }
  }
}

TEST(PixelLogLikelihood, HasAMagnitudeOfAtLeastItsValue) {
  for (const LeafConfig& config : {kGaussianConfig, kBinomialConfig, kLogisticConfig}) {
    const Heads heads(likelihood_info(config.likelihood).heads.size(), 0.7);
    for (const double value : {0.0, 0.5, 1.0}) {
      const auto pixel = pixel_log_likelihood(config, value, heads);
      EXPECT_GE(pixel.magnitude, std::abs(pixel.value));
    }
  }
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
