// exp and log in double on every SIMD target of this machine, against long double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "spvae/kernels/cross_circuit.h"
#include "spvae/kernels/kernels.h"

namespace spvae::kernels {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr std::size_t kCount = 1U << 16;

/// Distance in units in the last place of the exact value.
double ulps(double got, long double exact) {
  const double rounded = static_cast<double>(exact);
  const double unit = std::nextafter(std::abs(rounded), kInfinity) - std::abs(rounded);
  return static_cast<double>(std::abs(static_cast<long double>(got) - exact) / unit);
}

class MathDouble : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_target(GetParam())); }
  void TearDown() override { force_target(nullptr); }

  static std::vector<double> exp(const std::vector<double>& x) {
    std::vector<double> y(x.size());
    table().exp_array(x.data(), y.data(), x.size());
    return y;
  }
  static std::vector<double> log(const std::vector<double>& x) {
    std::vector<double> y(x.size());
    table().log_array(x.data(), y.data(), x.size());
    return y;
  }
};

TEST_P(MathDouble, ExpIsWithinItsStatedError) {
  std::vector<double> x(kCount);
  double largest = 0;
  for (const double range : {1e-9, 0.3, 1.0, 40.0, 708.0}) {
    for (std::size_t i = 0; i < kCount; ++i) {
      x[i] = range * (2 * static_cast<double>(i) / (kCount - 1) - 1);
    }
    const auto y = exp(x);
    for (std::size_t i = 0; i < kCount; ++i) {
      largest = std::max(largest, ulps(y[i], std::exp(static_cast<long double>(x[i]))));
    }
  }
  EXPECT_LT(largest, kMaxUlpsExp);
  EXPECT_GT(largest, 0.5);  // it is measured at all
}

TEST_P(MathDouble, LogIsWithinItsStatedError) {
  std::vector<double> x(kCount);
  double largest = 0;
  for (const double scale : {1e-300, 1e-5, 1.0, 7.0, 1e300}) {
    for (std::size_t i = 0; i < kCount; ++i) {
      x[i] = scale * std::exp2(2 * static_cast<double>(i) / kCount - 1);
    }
    const auto y = log(x);
    for (std::size_t i = 0; i < kCount; ++i) {
      if (x[i] == 1) continue;
      largest = std::max(largest, ulps(y[i], std::log(static_cast<long double>(x[i]))));
    }
  }
  EXPECT_LT(largest, kMaxUlpsLog);
  EXPECT_GT(largest, 0.5);
}

TEST_P(MathDouble, ExpHandlesItsEdges) {
  const auto y = exp({0.0, -0.0, -kInfinity, -1e308, -709.0, std::nan(""), -708.0, 709.0});
  EXPECT_EQ(y[0], 1);
  EXPECT_EQ(y[1], 1);
  EXPECT_EQ(y[2], 0);
  EXPECT_EQ(y[3], 0);
  EXPECT_EQ(y[4], 0);
  EXPECT_TRUE(std::isnan(y[5]));
  EXPECT_GT(y[6], 0);
  EXPECT_LT(y[7], kInfinity);
}

TEST_P(MathDouble, LogHandlesItsEdges) {
  const auto y =
      log({1.0, 0.0, -0.0, std::numeric_limits<double>::denorm_min(), kInfinity, std::nan(""),
           std::numeric_limits<double>::min(), std::numeric_limits<double>::max()});
  EXPECT_EQ(y[0], 0);
  EXPECT_EQ(y[1], -kInfinity);
  EXPECT_EQ(y[2], -kInfinity);
  EXPECT_EQ(y[3], -kInfinity);
  EXPECT_EQ(y[4], kInfinity);
  EXPECT_TRUE(std::isnan(y[5]));
  EXPECT_DOUBLE_EQ(y[6], std::log(std::numeric_limits<double>::min()));
  EXPECT_DOUBLE_EQ(y[7], std::log(std::numeric_limits<double>::max()));
}

INSTANTIATE_TEST_SUITE_P(Simd, MathDouble, testing::ValuesIn(supported_targets()),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace spvae::kernels
