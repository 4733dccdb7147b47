#include "spvae/plot/scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace spvae::plot {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(LinearTicks, AreMultiplesOfOneTwoOrFiveTimesAPowerOfTen) {
  EXPECT_THAT(linear_ticks({0.0, 1.0}, 6), ElementsAre(0.0, 0.2, 0.4, 0.6, 0.8, 1.0));
  EXPECT_THAT(linear_ticks({0.0, 1.0}, 5), ElementsAre(0.0, 0.5, 1.0));
  EXPECT_THAT(linear_ticks({0.0, 10.0}, 11), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(linear_ticks({-1290.0, 410.0}, 5), ElementsAre(-1000.0, -500.0, 0.0));
  EXPECT_THAT(linear_ticks({17.0, 103.0}, 6), ElementsAre(20.0, 40.0, 60.0, 80.0, 100.0));
}

// 3 · 0.1 is not the double 0.3, and −0.0 would be written with a sign.
TEST(LinearTicks, AreTheDoublesNearestToTheirDecimalNumbers) {
  EXPECT_THAT(linear_ticks({0.0, 0.7}, 8), ElementsAre(0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7));
  const std::vector<double> around_zero = linear_ticks({-0.1, 0.1}, 3);
  ASSERT_THAT(around_zero, ElementsAre(-0.1, 0.0, 0.1));
  EXPECT_FALSE(std::signbit(around_zero[1]));
}

TEST(LinearTicks, AreAsManyAsAskedAtMostWhateverTheRange) {
  for (const double low : {-1e250, -3.7e9, -1.0, 0.0, 2e-200, 1.0, 77777.7, 1e249}) {
    for (const double distance : {1e-8, 1e-3, 0.37, 1.0, 2.5, 9.99, 1e7, 1e250}) {
      const double high = low + distance;
      if (high - low < 1e-9 * std::max(std::abs(low), std::abs(high))) continue;
      for (int most = 2; most <= 10; ++most) {
        const std::vector<double> ticks = linear_ticks({low, high}, most);
        EXPECT_LE(ticks.size(), static_cast<std::size_t>(most));
        EXPECT_GE(ticks.size(), most < 5 ? 0U : 2U) << low << " " << high << " " << most;
        for (std::size_t i = 1; i < ticks.size(); ++i) EXPECT_LT(ticks[i - 1], ticks[i]);
      }
    }
  }
}

TEST(LogTicks, AreOneTwoAndFiveTimesThePowersOfTenWhereTheyFit) {
  EXPECT_THAT(log_ticks({0.5, 100.0}, 8), ElementsAre(0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0));
  EXPECT_THAT(log_ticks({0.5, 100.0}, 7), ElementsAre(1.0, 3.0, 10.0, 30.0, 100.0));
  EXPECT_THAT(log_ticks({0.5, 100.0}, 4), ElementsAre(1.0, 10.0, 100.0));
  EXPECT_THAT(log_ticks({1e-9, 1e9}, 7), ElementsAre(1e-9, 1e-6, 1e-3, 1.0, 1e3, 1e6, 1e9));
}

TEST(LogTicks, AreLinearWithinANarrowRange) {
  EXPECT_THAT(log_ticks({21.0, 39.0}, 4), ElementsAre(25.0, 30.0, 35.0));
}

TEST(LogTicks, AreShortAtAllMultiplesOfThePowersOfTenBetween) {
  EXPECT_THAT(minor_log_ticks({0.8, 30.0}),
              ElementsAre(0.8, 0.9, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30));
  EXPECT_THAT(minor_log_ticks({1.0, 1e9}), IsEmpty());
}

TEST(AxisRange, LeavesRoomAtEitherEnd) {
  const double linear[] = {10.0, 60.0, 110.0};
  EXPECT_EQ(axis_range(linear, false), (Range{6.0, 114.0}));
  const double powers[] = {1.0, 1e25};
  const Range range = axis_range(powers, true);
  EXPECT_NEAR(std::log10(range.low), -1.0, 1e-12);
  EXPECT_NEAR(std::log10(range.high), 26.0, 1e-12);
}

TEST(AxisRange, IsOfUseWhereAllNumbersAreEqualOrThereAreNone) {
  const double hundreds[] = {-100.0, -100.0};
  const double zeros[] = {0.0, 0.0};
  const double eights[] = {8.0};
  EXPECT_EQ(axis_range(hundreds, false), (Range{-110.0, -90.0}));
  EXPECT_EQ(axis_range(zeros, false), (Range{-1.0, 1.0}));
  EXPECT_EQ(axis_range(eights, true), (Range{4.0, 16.0}));
  EXPECT_EQ(axis_range({}, false), (Range{0.0, 1.0}));
  EXPECT_EQ(axis_range({}, true), (Range{1.0, 10.0}));
}

TEST(AxisRange, LeavesOutWhatHasNoPlace) {
  const double values[] = {kNan, 10.0, -kInfinity, 110.0, 1e251, kInfinity};
  EXPECT_EQ(axis_range(values, false), (Range{6.0, 114.0}));
  const double positive[] = {0.0, 8.0, -3.0, kNan, kInfinity, 1e-320};
  EXPECT_EQ(axis_range(positive, true), (Range{4.0, 16.0}));
}

TEST(Scale, MapsTheEndsOfItsRangeToTheEndsOfTheAxis) {
  const Scale linear({-1.0, 3.0}, false, 200.0, 0.0);
  EXPECT_EQ(linear.place(-1.0), 200.0);
  EXPECT_EQ(linear.place(0.0), 150.0);
  EXPECT_EQ(linear.place(3.0), 0.0);
  const Scale logarithmic({0.1, 1000.0}, true, 10.0, 410.0);
  EXPECT_NEAR(logarithmic.place(0.1), 10.0, 1e-12);
  EXPECT_NEAR(logarithmic.place(1.0), 110.0, 1e-12);
  EXPECT_NEAR(logarithmic.place(1000.0), 410.0, 1e-12);
}

TEST(Scale, IsFiniteAtTheEndsOfWhatHasAPlace) {
  const double values[] = {-1e250, 1e250};
  const Scale linear(axis_range(values, false), false, 0.0, 108.0);
  EXPECT_NEAR(linear.place(-1e250), 4.0, 1e-9);
  EXPECT_NEAR(linear.place(1e250), 104.0, 1e-9);
  const double powers[] = {1e-250, 1e250};
  const Scale logarithmic(axis_range(powers, true), true, 0.0, 108.0);
  EXPECT_NEAR(logarithmic.place(1e-250), 4.0, 1e-9);
  EXPECT_NEAR(logarithmic.place(1e250), 104.0, 1e-9);
}

}  // namespace
}  // namespace spvae::plot
