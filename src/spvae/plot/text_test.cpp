#include "spvae/plot/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spvae::plot {
namespace {

using ::testing::ElementsAre;

TEST(NumberText, SeparatesThousandsAndHasATrueMinusSign) {
  EXPECT_EQ(number_text(0.0, 0), "0");
  EXPECT_EQ(number_text(999.0, 0), "999");
  EXPECT_EQ(number_text(1000.0, 0), "1,000");
  EXPECT_EQ(number_text(-1234.5, 2), "−1,234.50");
  EXPECT_EQ(number_text(-123456789.0, 1), "−123,456,789.0");
  EXPECT_EQ(number_text(0.0625, 4), "0.0625");
}

TEST(NumberText, HasNoNegativeZero) {
  EXPECT_EQ(number_text(-0.0, 1), "0.0");
  EXPECT_EQ(number_text(-0.04, 1), "0.0");
  EXPECT_EQ(number_text(-0.06, 1), "−0.1");
}

TEST(NumberText, StaysShortForHugeNumbers) {
  EXPECT_EQ(number_text(1e15, 2), "10¹⁵");
  EXPECT_EQ(number_text(-2.5e200, 2), "−2.5×10²⁰⁰");
}

TEST(PowerText, WritesThePowerOfTen) {
  EXPECT_EQ(power_text(0.0), "0");
  EXPECT_EQ(power_text(1.0), "10⁰");
  EXPECT_EQ(power_text(2.5e6), "2.5×10⁶");
  EXPECT_EQ(power_text(1e-3), "10⁻³");
  EXPECT_EQ(power_text(-1e12), "−10¹²");
  EXPECT_EQ(power_text(-1.25e-7), "−1.25×10⁻⁷");
}

TEST(TickTexts, GiveAllTicksOfALinearAxisTheSameDecimals) {
  EXPECT_THAT(tick_texts({0.0, 0.5, 1.0}, true), ElementsAre("0.0", "0.5", "1.0"));
  EXPECT_THAT(tick_texts({-1500.0, -1000.0, 0.0}, true), ElementsAre("−1,500", "−1,000", "0"));
}

TEST(TickTexts, GiveATickOfALogarithmicAxisTheDecimalsItNeeds) {
  EXPECT_THAT(tick_texts({0.5, 1.0, 1000.0}, false), ElementsAre("0.5", "1", "1,000"));
}

TEST(TickTexts, ArePowersWhereThatIsShorter) {
  EXPECT_THAT(tick_texts({0.0, 1e6, 2e6}, true), ElementsAre("0", "1,000,000", "2,000,000"));
  EXPECT_THAT(tick_texts({0.0, 1e7, 2e7}, true), ElementsAre("0", "10⁷", "2×10⁷"));
  EXPECT_THAT(tick_texts({1e-8, 1e-4, 1.0}, false), ElementsAre("10⁻⁸", "10⁻⁴", "10⁰"));
  // All digits are needed either way.
  EXPECT_THAT(tick_texts({12345678.0, 12345679.0}, true), ElementsAre("12,345,678", "12,345,679"));
  EXPECT_TRUE(tick_texts({}, true).empty());
}

}  // namespace
}  // namespace spvae::plot
