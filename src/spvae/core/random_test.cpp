#include "spvae/core/random.h"

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>
#include <vector>

#undef philox4x32  // a macro of Random123's C interface

namespace spvae {
namespace {

using Words = std::array<std::uint32_t, 4>;

const RandomAddress kAddress{.seed = 1, .step = 2, .image = 3, .leaf = 4, .sample = 5};

TEST(Philox, GivesTheKnownAnswersPublishedWithRandom123) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, MatchesRandom123OnManyCountersAndKeys) {
  std::mt19937 engine(7);
  const auto word = [&engine] { return static_cast<std::uint32_t>(engine()); };
  for (int trial = 0; trial < 20000; ++trial) {
    const Words counter{word(), word(), word(), word()};
    const std::array<std::uint32_t, 2> key{word(), word()};
    const r123::Philox4x32::ctr_type theirs =
        r123::Philox4x32()({{counter[0], counter[1], counter[2], counter[3]}}, {{key[0], key[1]}});
    ASSERT_EQ(philox4x32(counter, key), (Words{theirs[0], theirs[1], theirs[2], theirs[3]}));
  }
}

TEST(Random, LaysTheAddressOutAsDocumented) {
  const RandomAddress address{
      .seed = 11, .step = 12, .purpose = Purpose::kSampling, .image = 13, .leaf = 14, .sample = 15};
  EXPECT_EQ(random_words(address, 0xabcdef), philox4x32({0x03abcdef, 15, 14, 13}, {11, 12}));
}

TEST(Random, PurposesHaveTheNumbersOfTheFileFormat) {
  EXPECT_EQ(static_cast<int>(Purpose::kTraining), 0);
  EXPECT_EQ(static_cast<int>(Purpose::kValidation), 1);
  EXPECT_EQ(static_cast<int>(Purpose::kEvaluation), 2);
  EXPECT_EQ(static_cast<int>(Purpose::kSampling), 3);
  EXPECT_EQ(static_cast<int>(Purpose::kParameters), 4);
  EXPECT_EQ(static_cast<int>(Purpose::kShuffle), 5);
  EXPECT_EQ(static_cast<int>(Purpose::kSplit), 6);
  EXPECT_EQ(static_cast<int>(Purpose::kPixelNoise), 7);
}

TEST(Random, AWordIsTheFourthPartOfItsBlock) {
  for (std::uint32_t dimension = 0; dimension < 64; ++dimension) {
    EXPECT_EQ(random_word(kAddress, dimension),
              random_words(kAddress, dimension / 4)[dimension % 4]);
  }
}

TEST(Random, EveryPartOfTheAddressChangesTheWords) {
  std::vector<RandomAddress> addresses(7, kAddress);
  addresses[1].seed ^= 1;
  addresses[2].step ^= 1;
  addresses[3].purpose = Purpose::kShuffle;
  addresses[4].image ^= 1;
  addresses[5].leaf ^= 1;
  addresses[6].sample ^= 1;
  for (std::size_t a = 0; a < addresses.size(); ++a) {
    for (std::size_t b = 0; b < a; ++b) {
      EXPECT_NE(random_words(addresses[a], 0), random_words(addresses[b], 0)) << a << ", " << b;
    }
  }
}

TEST(Random, AUniformIsTheUpper24BitsOfItsWord) {
  for (std::uint32_t dimension = 0; dimension < 1000; ++dimension) {
    const double uniform = random_uniform(kAddress, dimension);
    EXPECT_EQ(uniform * 16777216.0, random_word(kAddress, dimension) >> 8);
    EXPECT_GE(uniform, 0.0);
    EXPECT_LT(uniform, 1.0);
  }
}

TEST(Random, BelowScalesTheWordToItsBound) {
  constexpr std::uint32_t kBounds[] = {1, 2, 3, 1000, 0x80000000, 0xffffffff};
  for (const std::uint32_t bound : kBounds) {
    for (std::uint32_t dimension = 0; dimension < 100; ++dimension) {
      const long double exact = random_word(kAddress, dimension) / 4294967296.0L * bound;
      EXPECT_EQ(random_below(kAddress, dimension, bound), std::floor(exact));
    }
  }
}

TEST(Random, BelowFillsItsRangeEvenly) {
  constexpr std::uint32_t kBound = 10;
  constexpr std::uint32_t kDraws = 100000;
  std::array<int, kBound> counts{};
  for (std::uint32_t draw = 0; draw < kDraws; ++draw) {
    ++counts.at(random_below(kAddress, draw, kBound));
  }
  double chi_square = 0.0;
  for (const int count : counts) chi_square += std::pow(count - 1e4, 2) / 1e4;
  EXPECT_LT(chi_square, 27.88);  // 99.9 % quantile for 9 degrees of freedom
}

// The identity of Box-Muller: radius and angle of a pair are functions of one word each.
TEST(Random, NormalsOfAPairHaveTheRadiusAndAngleOfTheirWords) {
  for (std::uint32_t pair = 0; pair < 2000; ++pair) {
    const double cosine = random_normal(kAddress, 2 * pair);
    const double sine = random_normal(kAddress, 2 * pair + 1);
    const double u = ((random_word(kAddress, 2 * pair) >> 8) + 1) / 16777216.0;
    const double turn = (random_word(kAddress, 2 * pair + 1) >> 8) / 16777216.0;
    EXPECT_NEAR(cosine * cosine + sine * sine, -2.0 * std::log(u), 1e-12 * 34);
    double angle = std::atan2(sine, cosine) / (2.0 * std::numbers::pi);
    if (angle < 0.0) angle += 1.0;
    EXPECT_NEAR(angle, turn, 1e-14) << "pair " << pair;
  }
}

TEST(Random, NormalsHaveTheMomentsOfTheStandardNormal) {
  constexpr int kDraws = 400000;
  double sums[4] = {};
  double neighbours = 0.0;
  double previous = 0.0;
  for (int draw = 0; draw < kDraws; ++draw) {
    const double x = random_normal(kAddress, static_cast<std::uint32_t>(draw));
    double power = 1.0;
    for (double& sum : sums) sum += power *= x;
    neighbours += previous * x;
    previous = x;
  }
  // Standard deviations of the moments' means: √(1, 2, 15, 96) / √draws; the bound is four of them.
  const double expected[4] = {0.0, 1.0, 0.0, 3.0};
  const double variance[4] = {1.0, 2.0, 15.0, 96.0};
  for (int moment = 0; moment < 4; ++moment) {
    EXPECT_NEAR(sums[moment] / kDraws, expected[moment], 4.0 * std::sqrt(variance[moment] / kDraws))
        << "moment " << moment + 1;
  }
  EXPECT_NEAR(neighbours / kDraws, 0.0, 4.0 / std::sqrt(kDraws));
}

#ifndef NDEBUG
TEST(RandomDeathTest, TakesADimensionBeyondTheCounterForABug) {
  EXPECT_DEATH(random_word(kAddress, 1u << 26), "block");
  EXPECT_DEATH(random_below(kAddress, 0, 0), "bound");
}
#endif

}  // namespace
}  // namespace spvae
