#include "spvae/report/picture.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

TEST(Picture, OfAnImageIsClippedAndMissingPixelsAreMiddleGray) {
  const ImageSet images{.height = 1,
                        .width = 4,
                        .values = {9, 9, 9, 9, -0.5f, 0.5f, 2.0f, 1.0f},
                        .indices = {0, 1},
                        .observed = {1, 1, 1, 1, 1, 1, 1, 0}};
  EXPECT_EQ(picture_of(images, 1), (Picture{1, 4, 1, {0, 128, 255, 128}}));
}

TEST(Picture, OfAColourImageHasItsChannels) {
  const ImageSet images{
      .height = 1, .width = 1, .channels = 3, .values = {1, 0, 0.2f}, .indices = {0}};
  EXPECT_EQ(picture_of(images, 0), (Picture{1, 1, 3, {255, 0, 51}}));
}

TEST(Picture, SheetsHaveColumnsRowsAndGaps) {
  constexpr std::uint8_t kGap = 96;
  const Picture sheet = sheet_of({{1, 1, 1, {1}}, {1, 1, 1, {2}}, {1, 1, 1, {3}}}, 2);
  EXPECT_EQ(sheet, (Picture{4,
                            4,
                            1,
                            {1, kGap, kGap, 2, kGap, kGap, kGap, kGap, kGap, kGap, kGap, kGap, 3,
                             kGap, kGap, kGap}}));
}

TEST(Picture, SheetsKeepColours) {
  const Picture sheet = sheet_of({{1, 1, 3, {1, 2, 3}}, {1, 1, 3, {4, 5, 6}}}, 2);
  EXPECT_EQ(sheet, (Picture{1, 4, 3, {1, 2, 3, 96, 96, 96, 96, 96, 96, 4, 5, 6}}));
}

}  // namespace
}  // namespace spvae
