#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "spvae/likelihood/likelihood_testing.h"

namespace spvae {
namespace {

const TestedLikelihood kBinomial(Likelihood::kBinomial);

TEST(BinomialLikelihood, AgreesWithPascalsTriangle) {
  std::vector<double> row = {1};
  for (int n = 1; n <= 255; ++n) {
    row.push_back(1);
    for (std::size_t i = row.size() - 2; i > 0; --i) row[i] += row[i - 1];
  }
  for (const int v : {0, 1, 2, 77, 128, 254, 255}) {
    const double expected = std::log(row[static_cast<std::size_t>(v)]) + v * std::log(0.25) +
                            (255 - v) * std::log(0.75);
    EXPECT_NEAR(kBinomial.log_p(v / 255.0, {-std::log(3.0)}), expected, 1e-10) << v;
  }
}

TEST(BinomialLikelihood, KeepsProbabilitiesOffZeroAndOne) {
  constexpr double kLogitLimit = 16.118;
  const double p = 1 / (1 + std::exp(kLogitLimit));
  EXPECT_NEAR(p, 1e-7, 1e-10);
  EXPECT_NEAR(kBinomial.log_p(1, {-1000}), 255 * std::log(p), 1e-9);
  EXPECT_EQ(kBinomial.log_p(0.5, {20}), kBinomial.log_p(0.5, {kLogitLimit}));
  EXPECT_EQ(kBinomial.grad_heads(0.5, {16.2})[0], 0);
  EXPECT_EQ(kBinomial.grad_heads(0.5, {-16.2})[0], 0);
  EXPECT_NE(kBinomial.grad_heads(0.5, {16.1})[0], 0);
}

}  // namespace
}  // namespace spvae
