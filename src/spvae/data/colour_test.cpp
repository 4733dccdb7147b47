#include "spvae/data/gray.h"

#include <gtest/gtest.h>

#include <cmath>
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
  EXPECT_EQ(gray(255, 0, 0), 76);   // 76.245
  EXPECT_EQ(gray(0, 255, 0), 150);  // 149.69
  EXPECT_EQ(gray(0, 0, 255), 29);   // 29.07
}

TEST(Gray, OfPlanesTakesThePixelsOfEach) {
  const std::vector<std::uint8_t> planes = {255, 0, 0, 7, 0, 255, 0, 7, 0, 0, 255, 7};
  std::vector<std::uint8_t> out(4);
  gray_of_planes(planes, out);
  EXPECT_EQ(out, (std::vector<std::uint8_t>{76, 150, 29, 7}));
}

}  // namespace
}  // namespace spvae
