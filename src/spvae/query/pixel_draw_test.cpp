#include "spvae/query/pixel_draw.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "spvae/reference/likelihood_reference.h"

namespace spvae {
namespace {

constexpr int kMaxValue = 255;

RandomAddress address_of(std::uint32_t image) {
  return {.seed = 7, .purpose = Purpose::kSampling, .image = image, .leaf = 3, .sample = 1};
}

// P(V = v) for all v, from the likelihood itself.
std::vector<double> probabilities(const LeafConfig& config, std::span<const double> heads) {
  std::vector<double> result;
  for (int v = 0; v <= kMaxValue; ++v) {
    result.push_back(
        std::exp(pixel_log_likelihood(config, static_cast<double>(v) / kMaxValue, heads).value));
  }
  return result;
}

std::vector<std::vector<double>> awkward_heads(Likelihood likelihood) {
  if (likelihood == Likelihood::kBinomial) return {{-20}, {-5}, {-0.3}, {0}, {0.3}, {5}, {20}};
  return {{-0.2, 0}, {0, 3}, {0.5, -1}, {0.5, -20}, {0.31, 1}, {1, -2}, {1.4, -3}};
}

class DiscreteDraw : public testing::TestWithParam<Likelihood> {};

// The value drawn is the one whose step of the distribution function covers the uniform number.
// An inverted-tail quantile mirrors that number, hence the check of frequencies, not of the step:
// Kolmogorov's distance of n draws exceeds 1.95/√n with probability 0.001 (less, when discrete).
TEST_P(DiscreteDraw, FollowsTheLikelihoodsDistributionFunction) {
  const LeafConfig config{.likelihood = GetParam()};
  constexpr int kDraws = 4000;
  for (const auto& heads : awkward_heads(GetParam())) {
    std::vector<double> frequency(kMaxValue + 1);
    for (std::uint32_t i = 0; i < kDraws; ++i) {
      const double scaled = kMaxValue * draw_pixel(config, heads, address_of(i), 5);
      const auto v = static_cast<int>(std::lround(scaled));
      ASSERT_NEAR(scaled, v, 1e-9);
      ASSERT_TRUE(v >= 0 && v <= kMaxValue);
      frequency[static_cast<std::size_t>(v)] += 1.0 / kDraws;
    }
    const auto p = probabilities(config, heads);
    double drawn = 0, expected = 0, distance = 0;
    for (std::size_t v = 0; v < p.size(); ++v) {
      drawn += frequency[v];
      expected += p[v];
      distance = std::max(distance, std::abs(drawn - expected));
    }
    EXPECT_NEAR(expected, 1, 1e-9);
    EXPECT_LT(distance, 1.95 / std::sqrt(kDraws)) << "head 0 = " << heads[0];
  }
}

TEST_P(DiscreteDraw, HasTheMeanOfItsEnumeration) {
  const LeafConfig config{.likelihood = GetParam()};
  for (const auto& heads : awkward_heads(GetParam())) {
    const auto p = probabilities(config, heads);
    double mean = 0;
    for (std::size_t v = 0; v < p.size(); ++v) mean += p[v] * static_cast<double>(v) / kMaxValue;
    EXPECT_NEAR(mean_pixel(config, heads), mean, 1e-12) << "head 0 = " << heads[0];
  }
}

INSTANTIATE_TEST_SUITE_P(AllPmfs, DiscreteDraw,
                         testing::Values(Likelihood::kBinomial, Likelihood::kLogistic));

TEST(GaussianDraw, HasTheMeanAndPrecisionOfItsHeads) {
  const LeafConfig config{.likelihood = Likelihood::kGaussian};
  const std::vector<double> heads = {0.4, 3};
  EXPECT_DOUBLE_EQ(mean_pixel(config, heads), 1 / (1 + std::exp(-0.4)));
  constexpr int kDraws = 4000;
  double sum = 0, squares = 0;
  for (std::uint32_t i = 0; i < kDraws; ++i) {
    // Standardised: mean 0, variance 1 + 3².
    const double x = draw_pixel(config, heads, address_of(i), i % 9) - mean_pixel(config, heads);
    sum += x * std::sqrt(10.0);
    squares += x * x * 10;
  }
  EXPECT_NEAR(sum / kDraws, 0, 4 / std::sqrt(kDraws));            // 4 standard errors
  EXPECT_NEAR(squares / kDraws, 1, 4 * std::sqrt(2.0 / kDraws));  // 4 standard errors
}

TEST(GaussianDraw, OfTheIdentityLinkIsCentredOnTheHead) {
  const LeafConfig config{.likelihood = Likelihood::kGaussian, .mean_link = MeanLink::kIdentity};
  EXPECT_EQ(mean_pixel(config, std::vector<double>{-1.5, 0}), -1.5);
  EXPECT_NEAR(draw_pixel(config, std::vector<double>{-1.5, 1e9}, address_of(0), 0), -1.5, 1e-6);
}

}  // namespace
}  // namespace spvae
