#include "spvae/data/repeated_values.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "spvae/core/random.h"

namespace spvae {
namespace {

/// `count` images of 1 × width pixels, all numbers random.
ImageSet random_images(int count, int width, int channels = 1) {
  ImageSet images{.height = 1, .width = width, .channels = channels, .values = {}, .indices = {}};
  images.indices.resize(static_cast<std::size_t>(count));
  for (int i = 0; i < count * width * channels; ++i) {
    images.values.push_back(
        static_cast<float>(random_uniform({.seed = 1}, static_cast<std::uint32_t>(i))));
  }
  return images;
}

TEST(RepeatedValues, AreNoneOfRandomNumbers) {
  const RepeatedValues repeated = repeated_values(random_images(4000, 100));
  EXPECT_EQ(repeated.constants, 0);
  EXPECT_LT(repeated.share, 0.001);
}

TEST(RepeatedValues, AreThoseOfABackgroundThatHardlyVaries) {
  ImageSet images = random_images(50, 10);
  for (std::size_t i = 0; i < images.values.size(); ++i) {
    if (i % 10 < 4) images.values[i] = 0.25f;
  }
  EXPECT_EQ(repeated_values(images).constants, 4);
  EXPECT_DOUBLE_EQ(repeated_values(images).share, 0.4);
  // Two exceptions do not help: the density is that of the many.
  images.values[0] = 0.5f;
  images.values[30] = 0.7f;
  EXPECT_EQ(repeated_values(images).constants, 4);
}

TEST(RepeatedValues, MayBeAnywhereInAnImage) {
  ImageSet images = random_images(50, 10);
  for (std::size_t i = 0; i < images.values.size(); i += 3) images.values[i] = 1.0f;
  EXPECT_EQ(repeated_values(images).constants, 0);
  EXPECT_NEAR(repeated_values(images).share, 1.0 / 3, 0.01);
}

// So many values that not all are looked at, whose number goes with that of the channels.
TEST(RepeatedValues, OfASingleChannelOfManyImagesAreSeen) {
  ImageSet images = random_images(3000, 256, 3);
  for (std::size_t i = 2; i < images.values.size(); i += 3) {
    images.values[i] = images.values[i] < 0.5f ? 0.0f : 1.0f;
  }
  EXPECT_NEAR(repeated_values(images).share, 1.0 / 3, 0.01);
}

TEST(RepeatedValues, LeaveOutWhatIsMissing) {
  ImageSet images = random_images(6, 2);
  for (std::size_t i = 0; i < images.values.size(); i += 2) images.values[i] = 0.0f;
  EXPECT_EQ(repeated_values(images).constants, 1);
  images.observed.assign(12, 1);
  for (std::size_t i = 0; i < 8; i += 2) images.observed[i] = 0;
  EXPECT_EQ(repeated_values(images).constants, 0);  // two images are left
  images.observed.assign(12, 0);
  EXPECT_EQ(repeated_values(images).share, 0.0);
}

}  // namespace
}  // namespace spvae
