#include "spvae/data/repeated_values.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "spvae/core/random.h"

namespace spvae {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

std::vector<float> random_values(std::size_t count) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    values.push_back(
        static_cast<float>(random_uniform({.seed = 1}, static_cast<std::uint32_t>(i))));
  }
  return values;
}

TEST(RepeatedValues, AreNoneOfRandomNumbers) {
  const RepeatedValues repeated = repeated_values(random_values(400000), 100);
  EXPECT_EQ(repeated.constants, 0u);
  EXPECT_LT(repeated.share, 0.001);
}

TEST(RepeatedValues, AreThoseOfABackgroundThatNeverVaries) {
  std::vector<float> values = random_values(50 * 10);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (i % 10 < 4) values[i] = 0.25f;
  }
  const RepeatedValues repeated = repeated_values(values, 10);
  EXPECT_EQ(repeated.constants, 4u);
  EXPECT_DOUBLE_EQ(repeated.share, 0.4);
}

TEST(RepeatedValues, MayBeAnywhereInAnImage) {
  std::vector<float> values = random_values(50 * 10);
  for (std::size_t i = 0; i < values.size(); i += 3) values[i] = 1.0f;
  const RepeatedValues repeated = repeated_values(values, 10);
  EXPECT_EQ(repeated.constants, 0u);
  EXPECT_NEAR(repeated.share, 1.0 / 3, 0.01);
}

TEST(RepeatedValues, LeaveOutWhatIsMissing) {
  const std::vector<float> values = {0.5f, kNan, 0.1f, kNan,  // a constant, never seen,
                                     0.5f, kNan, 0.2f, kNan,  // varying, seen once
                                     kNan, kNan, 0.3f, 0.7f};
  EXPECT_EQ(repeated_values(values, 4).constants, 1u);
  EXPECT_EQ(repeated_values(std::vector<float>(4, kNan), 2).share, 0.0);
}

TEST(RepeatedValues, OfASingleImageAreNoConstants) {
  EXPECT_EQ(repeated_values(random_values(7), 7).constants, 0u);
}

}  // namespace
}  // namespace spvae
