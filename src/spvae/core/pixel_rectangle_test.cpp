#include "spvae/core/pixel_rectangle.h"

#include <gtest/gtest.h>

#include <vector>

namespace spvae {
namespace {

TEST(PixelRectangle, HoldsARectanglesPixelsExactly) {
  constexpr int kWidth = 5;
  for (const PixelRectangle& expected :
       {PixelRectangle{0, 0, 1, 1}, {0, 0, 4, 5}, {1, 2, 2, 3}, {3, 4, 1, 1}, {2, 0, 2, 1}}) {
    std::vector<int> pixels;
    for (int row = expected.top; row < expected.bottom(); ++row) {
      for (int column = expected.left; column < expected.right(); ++column) {
        pixels.push_back(row * kWidth + column);
      }
    }
    EXPECT_EQ(bounding_rectangle(pixels, kWidth), expected);
  }
}

TEST(PixelRectangle, CountsAPixelsChannelsOnce) {
  const std::vector<int> scope = {21, 22, 23, 36, 37, 38};  // of pixels 7 and 12, red, green, blue
  EXPECT_EQ(bounding_rectangle(scope, 5, 3), (PixelRectangle{1, 2, 2, 1}));
}

TEST(PixelRectangle, BoundsPixelsThatAreNoRectangle) {
  const std::vector<int> pixels = {3, 6, 12};  // (0, 3), (1, 1), (2, 2)
  EXPECT_EQ(bounding_rectangle(pixels, 5), (PixelRectangle{0, 1, 3, 3}));
}

TEST(PixelRectangle, IsCutWhereTwoAreOneTogether) {
  const auto check = [](const PixelRectangle& a, const PixelRectangle& b, bool is_horizontal,
                        int before) {
    for (const auto& cut : {cut_between(a, b), cut_between(b, a)}) {
      ASSERT_TRUE(cut);
      EXPECT_EQ(cut->is_horizontal, is_horizontal);
      EXPECT_EQ(cut->before, before);
    }
  };
  check({1, 2, 3, 4}, {4, 2, 1, 4}, true, 4);
  check({1, 2, 3, 4}, {1, 6, 3, 9}, false, 6);
  EXPECT_FALSE(cut_between({1, 2, 3, 4}, {5, 2, 1, 4}));  // a row between them
  EXPECT_FALSE(cut_between({1, 2, 3, 4}, {4, 2, 1, 3}));  // of another width
  EXPECT_FALSE(cut_between({1, 2, 3, 4}, {1, 2, 3, 4}));  // as the bounds of interleaved pixels are
}

}  // namespace
}  // namespace spvae
