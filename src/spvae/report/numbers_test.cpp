#include "spvae/report/numbers.h"

#include <gtest/gtest.h>

#include <cmath>

namespace spvae {
namespace {

TEST(Numbers, AreGroupedAndHaveATrueMinusSign) {
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(decimal_text(-1493.125, 2), "−1,493.12");
  EXPECT_EQ(decimal_text(0.5, 1), "0.5");
}

TEST(Numbers, ThatAreNotFiniteAreUnknown) {
  EXPECT_EQ(decimal_text(NAN, 1), "unknown");
  EXPECT_EQ(decimal_text(-HUGE_VAL, 1), "unknown");
}

TEST(Numbers, OfSecondsAreTimesForPeople) {
  EXPECT_EQ(time_text(0.4), "0 s");
  EXPECT_EQ(time_text(187), "3 min 7 s");
  EXPECT_EQ(time_text(3600 * 25 + 61), "25 h 1 min");
  EXPECT_EQ(time_text(-1), "0 s");
}

}  // namespace
}  // namespace spvae
