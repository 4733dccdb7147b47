#include "spvae/data/preprocess.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "spvae/core/random.h"

namespace spvae {
namespace {

using Bytes = std::vector<std::uint8_t>;
using ::testing::Each;

std::vector<float> discrete(const Bytes& pixels) {
  std::vector<float> out(pixels.size(), std::numeric_limits<float>::quiet_NaN());
  prepare_discrete(pixels, out);
  return out;
}

std::vector<float> continuous(const Bytes& pixels, std::uint32_t seed = 0,
                              ImageAddress address = {}) {
  std::vector<float> out(pixels.size(), std::numeric_limits<float>::quiet_NaN());
  prepare_continuous(pixels, seed, address, out);
  return out;
}

/// Levels from `least` on, `count` pixels.
Bytes ramp(int least, int count) {
  Bytes pixels(static_cast<std::size_t>(count));
  std::iota(pixels.begin(), pixels.end(), static_cast<std::uint8_t>(least));
  return pixels;
}

TEST(Discrete, FullRangeStaysAsItIs) {
  const auto values = discrete(ramp(0, 256));
  for (std::size_t v = 0; v < values.size(); ++v) {
    EXPECT_EQ(values[v], static_cast<float>(v) / 255.0f);
  }
}

TEST(Discrete, RoundsTheExactQuotientTiesToEven) {
  for (int least = 0; least < 255; least += 17) {
    for (int range = 1; least + range <= 255; ++range) {
      const auto values = discrete(ramp(least, range + 1));
      for (int above = 0; above <= range; ++above) {
        // In integers: the quotient and twice the remainder of 255·above / range.
        int level = 255 * above / range;
        const int twice = 2 * (255 * above % range);
        if (twice > range || (twice == range && level % 2 == 1)) ++level;
        ASSERT_EQ(values[static_cast<std::size_t>(above)], static_cast<float>(level) / 255.0f)
            << above << " of " << range;
      }
    }
  }
}

TEST(Discrete, ConstantImageIsZero) {
  for (const std::uint8_t value : Bytes{0, 7, 255}) {
    EXPECT_THAT(discrete(Bytes(5, value)), Each(0.0f));
  }
}

TEST(Continuous, IsTheDocumentedFormula) {
  Bytes pixels = ramp(20, 200);
  pixels.insert(pixels.end(), 300, 20);   // many at the least and at the greatest value, so that
  pixels.insert(pixels.end(), 300, 219);  // both reflections occur
  const auto levels = discrete(pixels);
  const RandomAddress address{.seed = 77, .purpose = Purpose::kPixelNoise, .image = 123, .leaf = 1};
  std::vector<double> expected;
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    double x = levels[i] + random_normal(address, static_cast<std::uint32_t>(i)) / 255;
    if (x < 0) x = -x;
    if (x > 1) x = 2 - x;
    expected.push_back(x);
  }
  const auto [least, greatest] = std::ranges::minmax(expected);
  const auto values = continuous(pixels, 77, {.file = 1, .index = 123});
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    EXPECT_NEAR(values[i], (expected[i] - least) / (greatest - least), 1e-6);
  }
}

TEST(Continuous, SpansZeroToOneExactly) {
  for (const int size : {2, 3, 49, 784}) {
    for (std::uint32_t index = 0; index < 50; ++index) {
      const auto values = continuous(ramp(3, size), 0, {.index = index});
      const auto [least, greatest] = std::ranges::minmax(values);
      EXPECT_EQ(least, 0.0f);
      EXPECT_EQ(greatest, 1.0f);
    }
  }
}

TEST(Continuous, ConstantImageBecomesItsNoiseAndOnePixelZero) {
  for (const std::uint8_t value : Bytes{0, 7, 255}) {
    const auto values = continuous(Bytes(64, value));
    const auto [least, greatest] = std::ranges::minmax(values);
    EXPECT_EQ(least, 0.0f);
    EXPECT_EQ(greatest, 1.0f);
    EXPECT_THAT(values, Each(::testing::Truly([](float x) { return std::isfinite(x); })));
    EXPECT_THAT(continuous({value}), Each(0.0f));
  }
}

TEST(Continuous, NoiseDependsOnSeedFileAndIndex) {
  const Bytes pixels = ramp(0, 200);
  const auto values = continuous(pixels, 1, {.file = 0, .index = 2});
  EXPECT_EQ(values, continuous(pixels, 1, {.file = 0, .index = 2}));
  EXPECT_NE(values, continuous(pixels, 0, {.file = 0, .index = 2}));
  EXPECT_NE(values, continuous(pixels, 1, {.file = 1, .index = 2}));
  EXPECT_NE(values, continuous(pixels, 1, {.file = 0, .index = 3}));
}

std::vector<float> prepared(const Bytes& pixels, const Preparation& preparation,
                            const Bytes& observed = {}, ImageAddress address = {}) {
  std::vector<float> out(pixels.size());
  prepare(pixels, {.observed = observed}, preparation, address, out);
  return out;
}

TEST(Binarise, ByThresholdIsOneFromTheMiddleOn) {
  EXPECT_EQ(prepared({0, 127, 128, 255},
                     {.stretch = false, .noise = false, .binarise = Binarise::kThreshold}),
            (std::vector<float>{0, 0, 1, 1}));
  EXPECT_EQ(prepared({0, 9, 10, 20}, {.noise = false, .binarise = Binarise::kThreshold}),
            (std::vector<float>{0, 0, 1, 1}));  // of the stretched values
}

TEST(Binarise, BySampleComparesUniformNumbersOfItsAddress) {
  const Bytes pixels = ramp(0, 256);
  const Preparation preparation{
      .stretch = false, .noise = false, .seed = 3, .binarise = Binarise::kSample};
  const auto values = prepared(pixels, preparation, {}, {.file = 1, .index = 9});
  const RandomAddress address{.seed = 3, .purpose = Purpose::kBinarise, .image = 9, .leaf = 1};
  for (std::uint32_t i = 0; i < 256; ++i) {
    EXPECT_EQ(values[i], 255 * random_uniform(address, i) < i ? 1.0f : 0.0f) << i;
  }
  EXPECT_NE(values, prepared(pixels, preparation, {}, {.file = 1, .index = 10}));
  EXPECT_NE(values, prepared(pixels, preparation, {}, {.file = 0, .index = 9}));
}

// Of each level 1000 draws; the deviation of their frequency is 0.016 at most.
TEST(Binarise, BySampleIsOneAsOftenAsThePixelIsBright) {
  constexpr int kDraws = 1000;
  for (const std::uint8_t level : Bytes{0, 1, 64, 128, 254, 255}) {
    const auto values = prepared(Bytes(kDraws, level),
                                 {.stretch = false, .noise = false, .binarise = Binarise::kSample});
    const float ones = std::accumulate(values.begin(), values.end(), 0.0f);
    EXPECT_NEAR(ones / kDraws, level / 255.0, level % 255 == 0 ? 0 : 0.08) << int{level};
  }
}

TEST(Prepare, RawValuesAreLevelsOf255) {
  const auto values = prepared({0, 7, 128, 255}, {.stretch = false, .noise = false});
  EXPECT_EQ(values, (std::vector<float>{0.0f, 7 / 255.0f, 128 / 255.0f, 1.0f}));
}

TEST(Prepare, RawValuesWithNoiseAreNotStretched) {
  const ImageAddress place{.file = 1, .index = 5};
  const RandomAddress address{.seed = 3, .purpose = Purpose::kPixelNoise, .image = 5, .leaf = 1};
  const Bytes pixels(100, 100);
  const auto values = prepared(pixels, {.stretch = false, .seed = 3}, {}, place);
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_NEAR(values[i], (100 + random_normal(address, i)) / 255, 1e-6);
  }
  for (const std::uint8_t end : Bytes{0, 255}) {
    for (const float x : prepared(Bytes(100, end), {.stretch = false}, {}, place)) {
      EXPECT_TRUE(x >= 0.0f && x <= 1.0f) << x;
    }
  }
}

TEST(Prepare, StretchesByTheObservedPixelsAlone) {
  const Bytes pixels = {10, 60, 20, 0, 255};
  const Bytes observed = {1, 1, 1, 0, 0};
  EXPECT_EQ(prepared(pixels, {.noise = false}, observed),
            (std::vector<float>{0.0f, 1.0f, 51 / 255.0f, 0.0f, 1.0f}));
  // What the hidden pixels are changes nothing of the others.
  const auto noisy = prepared(pixels, {}, observed);
  const auto other = prepared({10, 60, 20, 200, 30}, {}, observed);
  EXPECT_TRUE(std::equal(noisy.begin(), noisy.begin() + 3, other.begin()));
  EXPECT_EQ(std::ranges::min(std::span(noisy).first(3)), 0.0f);
  EXPECT_EQ(std::ranges::max(std::span(noisy).first(3)), 1.0f);
  EXPECT_THAT(noisy, Each(::testing::AllOf(::testing::Ge(0.0f), ::testing::Le(1.0f))));
}

TEST(Prepare, WithoutTwoObservedValuesHasTheOthersAsOfTheWholeImage) {
  const Bytes pixels = {20, 20, 10, 110, 35};
  for (const bool noise : {false, true}) {
    const std::vector<float> whole = prepared(pixels, {.noise = noise});
    for (const Bytes& observed : {Bytes{1, 1, 0, 0, 0}, Bytes{0, 1, 0, 0, 0}, Bytes(5, 0)}) {
      const std::vector<float> values = prepared(pixels, {.noise = noise}, observed);
      const auto others = prepared({20, 20, 200, 0, 7}, {.noise = noise}, observed);
      for (std::size_t i = 0; i < pixels.size(); ++i) {
        if (observed[i] == 0) {
          EXPECT_EQ(values[i], whole[i]);
        } else {
          EXPECT_EQ(values[i], others[i]);  // which the hidden pixels change nothing of
          EXPECT_TRUE(noise || values[i] == 0.0f) << values[i];
        }
      }
    }
  }
}

TEST(Prepare, KeepsFloatsAsTheyAreUnlessAskedOtherwise) {
  const std::vector<float> pixels = {0.25f, 0.5f, 0.75f};
  std::vector<float> out(3);
  prepare(pixels, {}, {.stretch = false, .noise = false}, {}, out);
  EXPECT_EQ(out, pixels);
  prepare(pixels, {}, {.noise = false}, {}, out);
  EXPECT_EQ(out, (std::vector<float>{0.0f, 0.5f, 1.0f}));
  prepare(pixels, {.observed = Bytes{1, 1, 0}}, {.noise = false}, {}, out);
  EXPECT_EQ(out, (std::vector<float>{0.0f, 1.0f, 1.0f}));
  prepare(pixels, {}, {.stretch = false, .seed = 2}, {.index = 9}, out);
  const RandomAddress address{.seed = 2, .purpose = Purpose::kPixelNoise, .image = 9};
  for (std::uint32_t i = 0; i < 3; ++i) {
    EXPECT_NEAR(out[i], pixels[i] + random_normal(address, i) / 255, 1e-6);
  }
}

}  // namespace
}  // namespace spvae
