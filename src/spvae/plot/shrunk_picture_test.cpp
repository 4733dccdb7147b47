#include "spvae/plot/shrunk_picture.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

TEST(ShrunkPicture, HasTheMeansOfSquares) {
  const Picture picture{.height = 3,
                        .width = 3,
                        .pixels = {10, 20, 100,  //
                                   30, 41, 201,  //
                                   7, 8, 255}};
  // 101 / 4, 301 / 2, 15 / 2, rounded.
  EXPECT_EQ(shrunk(picture, 2), (Picture{.height = 2, .width = 2, .pixels = {25, 151, 8, 255}}));
  EXPECT_EQ(shrunk(picture, 1), picture);
}

TEST(ShrunkPicture, KeepsColoursApart) {
  const Picture picture{
      .height = 1, .width = 2, .channels = 3, .pixels = {0, 100, 255, 10, 200, 255}};
  EXPECT_EQ(shrunk(picture, 2),
            (Picture{.height = 1, .width = 1, .channels = 3, .pixels = {5, 150, 255}}));
}

}  // namespace
}  // namespace spvae
