#include "spvae/data/colour.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <vector>

namespace spvae {
namespace {

TEST(Gray, KeepsEveryGray) {
  for (int level = 0; level < 256; ++level) {
    const auto value = static_cast<std::uint8_t>(level);
    EXPECT_EQ(gray(value, value, value), value);
  }
}

TEST(Gray, IsTheLumaToWithinAHalf) {
  for (int red = 0; red < 256; red += 5) {
    for (int green = 0; green < 256; green += 5) {
      for (int blue = 0; blue < 256; blue += 5) {
        const double luma = 0.299 * red + 0.587 * green + 0.114 * blue;
        EXPECT_NEAR(gray(static_cast<std::uint8_t>(red), static_cast<std::uint8_t>(green),
                         static_cast<std::uint8_t>(blue)),
                    luma, 0.51);
      }
    }
  }
}

TEST(Gray, RoundsAsTheIntegersSay) {
  constexpr std::uint8_t kNone = 0;
  constexpr std::uint8_t kFull = 255;
  EXPECT_EQ(gray(kFull, kNone, kNone), 76);   // 76.245
  EXPECT_EQ(gray(kNone, kFull, kNone), 150);  // 149.69
  EXPECT_EQ(gray(kNone, kNone, kFull), 29);   // 29.07
}

TEST(Gray, OfValuesIsThatOfLevelsWithoutRoundingAndWithinTheUnit) {
  EXPECT_EQ(gray(0.0f, 0.0f, 0.0f), 0.0f);
  EXPECT_EQ(gray(1.0f, 1.0f, 1.0f), 1.0f);
  for (int level = 0; level < 256; ++level) {
    const auto value = static_cast<std::uint8_t>(level);
    const float exact = 255.0f * gray(static_cast<float>(level) / 255.0f, 1.0f, 0.0f);
    EXPECT_NEAR(exact, gray(value, std::uint8_t{255}, std::uint8_t{0}), 0.51);
    EXPECT_LE(exact, 255.0f);
  }
  EXPECT_TRUE(std::isnan(gray(0.0f, std::nanf(""), 0.0f)));
}

template <class T>
std::vector<T> converted(const std::vector<T>& in, int from, int to) {
  std::vector<T> out(in.size() / static_cast<std::size_t>(from) * static_cast<std::size_t>(to));
  convert_channels<T>(in, from, to, out);
  return out;
}

TEST(Channels, AreConvertedPixelByPixel) {
  const std::vector<std::uint8_t> colours = {255, 0, 0, 0, 255, 0, 7, 7, 7};
  EXPECT_EQ(converted(colours, 3, 3), colours);
  EXPECT_EQ(converted(colours, 3, 1), (std::vector<std::uint8_t>{76, 150, 7}));
  EXPECT_EQ(converted<std::uint8_t>({1, 2}, 1, 3), (std::vector<std::uint8_t>{1, 1, 1, 2, 2, 2}));
  EXPECT_EQ(converted<float>({0.5f}, 1, 3), (std::vector<float>{0.5f, 0.5f, 0.5f}));
  EXPECT_EQ(converted<float>({1, 1, 1, 0, 0, 0}, 3, 1), (std::vector<float>{1, 0}));
}

TEST(Channels, OfPlanesComeTogetherInEachPixel) {
  const std::vector<std::uint8_t> planes = {1, 2, 3, 4, 5, 6};
  std::vector<std::uint8_t> out(6);
  pixels_of_planes(planes, out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{1, 3, 5, 2, 4, 6}));
}

using Colour = std::array<std::uint8_t, 3>;

void for_each_colour(const std::function<void(const Colour&)>& visit) {
  for (int i = 0; i < 256 * 256 * 256; ++i) {
    visit({static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
           static_cast<std::uint8_t>(i)});
  }
}

TEST(Ycocg, IsLosslessOfEveryColour) {
  int lost = 0;
  for_each_colour([&](const Colour& rgb) { lost += rgb_of_ycocg(ycocg_of_rgb(rgb)) != rgb; });
  EXPECT_EQ(lost, 0);
}

// Malvar & Sullivan's steps without a modulus, where both chromas fit.
TEST(Ycocg, IsThatOfThePaperWhereChromasFitEightBits) {
  int others = 0;
  int fitting = 0;
  for_each_colour([&](const Colour& rgb) {
    const int co = rgb[0] - rgb[2];
    const int t = rgb[2] + (co >> 1);
    const int cg = rgb[1] - t;
    if (co < -128 || co > 127 || cg < -128 || cg > 127) return;
    const Colour expected = {static_cast<std::uint8_t>(t + (cg >> 1)),
                             static_cast<std::uint8_t>(co + 128),
                             static_cast<std::uint8_t>(cg + 128)};
    ++fitting;
    others += ycocg_of_rgb(rgb) != expected;
  });
  EXPECT_GT(fitting, 256 * 256 * 256 / 2);
  EXPECT_EQ(others, 0);
}

TEST(Ycocg, OfMeansIsTheInverseUpToTheRoundingOfItsHalves) {
  double furthest = 0;
  for_each_colour([&](const Colour& rgb) {
    const int t = rgb[2] + ((rgb[0] - rgb[2]) >> 1);
    if (std::abs(rgb[0] - rgb[2]) > 127 || std::abs(rgb[1] - t) > 127) return;
    const Colour ycocg = ycocg_of_rgb(rgb);
    const auto mean = rgb_of_mean_ycocg({ycocg[0] / 255.0, ycocg[1] / 255.0, ycocg[2] / 255.0});
    for (std::size_t c = 0; c < 3; ++c) {
      furthest = std::max(furthest, std::abs(255 * mean[c] - rgb[c]));
    }
  });
  EXPECT_LE(furthest, 1 + 1e-9);
}

}  // namespace
}  // namespace spvae
