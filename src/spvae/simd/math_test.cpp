// The float32 functions of math-inl.h on every SIMD target of this machine, against double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "spvae/kernels/kernels.h"
#include "spvae/simd/math_error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "spvae/simd/math_test.cpp"
#include "spvae/simd/targets.h"
//
#include "hwy/foreach_target.h"  // must come before highway.h
//
#include "spvae/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

enum class Function {
  kExp,
  kExpOfMinusAbs,
  kOneMinusExpOfMinus,
  kSoftplus,
  kSigmoid,
  kLog,
  kOneMinusExp,
  kSin,
  kCos
};

// out[i] = function(in[i]); count is a multiple of kTile.
void Evaluate(int function, const float* in, float* out, std::size_t count) {
  const FloatTag d;
  for (std::size_t i = 0; i < count; i += kLanes) {
    const Float x = hn::LoadU(d, in + i);
    Float y = x;
    Float other = x;
    switch (static_cast<Function>(function)) {
      case Function::kExp:
        y = Exp(x);
        break;
      case Function::kExpOfMinusAbs:
        y = ExpOfMinusAbs(x);
        break;
      case Function::kOneMinusExpOfMinus:
        y = OneMinusExpOfMinus(x);
        break;
      case Function::kSoftplus:
        y = Softplus(x);
        break;
      case Function::kSigmoid:
        y = Sigmoid(x);
        break;
      case Function::kLog:
        y = Log(x);
        break;
      case Function::kOneMinusExp:
        y = OneMinusExpOverArgument(x);
        break;
      case Function::kSin:
        SinCosOfTurns(x, y, other);
        break;
      case Function::kCos:
        SinCosOfTurns(x, other, y);
        break;
    }
    hn::StoreU(y, d, out + i);
  }
}

bool HasFusedMultiplyAdd() { return HWY_NATIVE_FMA != 0; }

// log Π factors of kTile columns, [rows][kTile], by LogProduct.
void LogOfProduct(const float* factors, int rows, float* out) {
  const FloatTag d;
  for (int lane = 0; lane < kTile; lane += kLanes) {
    LogProduct product;
    for (int i = 0; i < rows; ++i) {
      product.Multiply(hn::LoadU(d, factors + i * kTile + lane));
      if (i % 2 == 1) product.Normalise();
    }
    hn::StoreU(product.Logarithm(), d, out + lane);
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spvae::kernels {
namespace {

HWY_EXPORT(Evaluate);
HWY_EXPORT(HasFusedMultiplyAdd);
HWY_EXPORT(LogOfProduct);

using HWY_NAMESPACE::Function;

class Math : public testing::TestWithParam<std::int64_t> {
 protected:
  void SetUp() override {
    hwy::SetSupportedTargetsForTest(GetParam());
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
  void TearDown() override {
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }

  // Largest error between low and high, divided by scale(exact value), as a multiple of what
  // targets without fused multiply-add may add to it.
  static double largest_error(Function function, double low, double high,
                              const std::function<double(double)>& exact,
                              const std::function<double(double)>& scale) {
    constexpr std::size_t kCount = 1u << 17;
    std::vector<float> x(kCount), y(kCount);
    for (std::size_t i = 0; i < kCount; ++i) {
      const double t = static_cast<double>(i) / (kCount - 1);
      x[i] = static_cast<float>((1 - t) * low + t * high);
    }
    HWY_DYNAMIC_DISPATCH(Evaluate)(static_cast<int>(function), x.data(), y.data(), kCount);
    double worst = 0;
    for (std::size_t i = 0; i < kCount; ++i) {
      const double expected = exact(static_cast<double>(x[i]));
      const double error = std::abs(static_cast<double>(y[i]) - expected) / scale(expected);
      // A NaN must not pass.
      worst = error <= worst ? worst : error;
    }
    const bool fused = HWY_DYNAMIC_DISPATCH(HasFusedMultiplyAdd)();
    return fused ? worst : worst / kErrorFactorWithoutFusedMultiplyAdd;
  }
};

double absolute(double) { return 1; }
double relative(double value) { return std::abs(value); }

INSTANTIATE_TEST_SUITE_P(Simd, Math, testing::ValuesIn(hwy::SupportedAndGeneratedTargets()),
                         [](const auto& test) { return std::string(hwy::TargetName(test.param)); });

using enum HWY_NAMESPACE::Function;

TEST_P(Math, ExpIsWithinItsStatedErrorAndVanishesFarBelow) {
  const auto exact = [](double x) { return std::exp(x); };
  EXPECT_LE(largest_error(kExp, -87, 88, exact, relative), kExpError);
  EXPECT_LE(largest_error(kExp, -1e-3, 1e-3, exact, relative), kExpError);
  EXPECT_EQ(largest_error(kExp, -1e30, -87.01, [](double) { return 0.0; }, absolute), 0);
}

TEST_P(Math, ExpOfMinusAbsIsWithinItsStatedError) {
  const auto exact = [](double x) { return std::exp(-std::abs(x)); };
  EXPECT_LE(largest_error(kExpOfMinusAbs, -30, 30, exact, absolute), kExpOfMinusAbsError);
  EXPECT_LE(largest_error(kExpOfMinusAbs, -1e30, 1e30, exact, absolute), kExpOfMinusAbsError);
}

TEST_P(Math, OneMinusExpOfMinusIsWithinItsStatedErrorDownToTheSmallestArguments) {
  const auto exact = [](double s) { return -std::expm1(-s); };
  for (const double top : {100.0, 1.0, 1e-3, 1e-7, 1e-30}) {
    EXPECT_LE(largest_error(kOneMinusExpOfMinus, 1e-6 * top, top, exact, relative),
              kOneMinusExpOfMinusError)
        << top;
  }
  EXPECT_EQ(largest_error(kOneMinusExpOfMinus, 0, 0, exact, absolute), 0);
}

TEST_P(Math, LetsANanThrough) {
  const std::vector<float> nan(kTile, std::numeric_limits<float>::quiet_NaN());
  for (const Function function : {kExp, kExpOfMinusAbs, kOneMinusExpOfMinus, kSoftplus, kSigmoid}) {
    std::vector<float> y(kTile);
    HWY_DYNAMIC_DISPATCH(Evaluate)(static_cast<int>(function), nan.data(), y.data(), kTile);
    for (const float value : y) EXPECT_TRUE(std::isnan(value)) << static_cast<int>(function);
  }
}

TEST_P(Math, SoftplusIsWithinItsStatedError) {
  const auto exact = [](double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); };
  EXPECT_LE(largest_error(kSoftplus, -10, 10, exact, relative), kSoftplusError);
  EXPECT_LE(largest_error(kSoftplus, -80, 80, exact, relative), kSoftplusError);
  EXPECT_LE(largest_error(kSoftplus, 80, 1e30, exact, relative), kSoftplusError);
}

TEST_P(Math, SigmoidIsWithinItsStatedError) {
  const auto exact = [](double x) { return 1 / (1 + std::exp(-x)); };
  EXPECT_LE(largest_error(kSigmoid, -20, 20, exact, absolute), kSigmoidError);
  EXPECT_LE(largest_error(kSigmoid, -1e30, 1e30, exact, absolute), kSigmoidError);
}

TEST_P(Math, LogIsWithinItsStatedError) {
  const auto exact = [](double x) { return std::log(x); };
  const auto scale = [](double value) { return std::max(1.0, std::abs(value)); };
  EXPECT_LE(largest_error(kLog, 1e-7, 1, exact, scale), kLogError);
  EXPECT_LE(largest_error(kLog, 0.5, 2, exact, scale), kLogError);
  EXPECT_LE(largest_error(kLog, 1e-37, 1e-30, exact, scale), kLogError);
  EXPECT_LE(largest_error(kLog, 1, 3e38, exact, scale), kLogError);
}

TEST_P(Math, OneMinusExpOverArgumentIsWithinItsStatedError) {
  const auto exact = [](double y) { return y == 0 ? 1 : -std::expm1(-y) / y; };
  EXPECT_LE(largest_error(kOneMinusExp, 0, 12, exact, relative), kOneMinusExpError);
  EXPECT_LE(largest_error(kOneMinusExp, 0, 1e-6, exact, relative), kOneMinusExpError);
  EXPECT_LE(largest_error(kOneMinusExp, 0.69, 0.7, exact, relative), kOneMinusExpError);
}

TEST_P(Math, SinAndCosAreWithinTheirStatedError) {
  const double two_pi = 2 * std::acos(-1.0);
  const double last = 1 - 0x1p-24;
  EXPECT_LE(largest_error(
                kSin, 0, last, [&](double t) { return std::sin(two_pi * t); }, absolute),
            kSinCosError);
  EXPECT_LE(largest_error(
                kCos, 0, last, [&](double t) { return std::cos(two_pi * t); }, absolute),
            kSinCosError);
}

TEST_P(Math, LogProductDoesNotOverflow) {
  constexpr int kRows = 101;
  std::vector<float> factors(kRows * kTile);
  std::vector<double> expected(kTile);
  for (int i = 0; i < kRows; ++i) {
    for (int lane = 0; lane < kTile; ++lane) {
      const float factor = std::ldexp(1.0f + 0.01f * static_cast<float>(i), lane % 8 * 17 - 59);
      factors[static_cast<std::size_t>(i * kTile + lane)] = factor;
      expected[static_cast<std::size_t>(lane)] += std::log(static_cast<double>(factor));
    }
  }
  std::vector<float> out(kTile);
  HWY_DYNAMIC_DISPATCH(LogOfProduct)(factors.data(), kRows, out.data());
  for (std::size_t lane = 0; lane < kTile; ++lane) {
    EXPECT_NEAR(out[lane], expected[lane], 1e-6 * std::max(1.0, std::abs(expected[lane]))) << lane;
  }
}

}  // namespace
}  // namespace spvae::kernels
#endif  // HWY_ONCE
