#include "spvae/data/value_grid.h"

#include <gtest/gtest.h>

#include <vector>

#include "spvae/core/error_testing.h"

namespace spvae {
namespace {

// Of a row of 8-bit levels.
ImageSet image_of(const std::vector<int>& levels) {
  ImageSet images{
      .height = 1, .width = static_cast<int>(levels.size()), .values = {}, .indices = {0}};
  for (const int level : levels) images.values.push_back(static_cast<float>(level) / 255.0f);
  return images;
}

TEST(ValueGrid, TakesEvenlySpacedLevels) {
  ImageSet images = image_of({0, 255, 255, 0});
  snap_to_values("own", 2, images);
  EXPECT_EQ(images.values, (std::vector<float>{0, 1, 1, 0}));
  ImageSet sevenths = image_of({0, 42, 85, 128, 170, 212, 255});  // ties are to even
  snap_to_values("own", 7, sevenths);
  for (std::size_t v = 0; v < 7; ++v) {
    EXPECT_EQ(sevenths.values[v], static_cast<float>(v) / 6.0f) << v;
  }
}

TEST(ValueGrid, RefusesOtherLevelsAndSaysWhatToDo) {
  ImageSet images = image_of({0, 128, 255});
  testing::expect_error(
      ErrorKind::kData,
      "data own: the likelihood takes 2 values, the images have 3; binarise them by --binarise",
      [&] { snap_to_values("own", 2, images); });
}

TEST(ValueGrid, RefusesAsManyLevelsThatAreOthers) {
  ImageSet images = image_of({0, 1, 2});
  testing::expect_error(ErrorKind::kData, "takes 3 values, the images have 3 others; give",
                        [&] { snap_to_values("own", 3, images); });
}

TEST(ValueGrid, LooksAtObservedPixelsAlone) {
  ImageSet images = image_of({0, 128, 255});
  images.observed = {1, 0, 1};
  snap_to_values("own", 2, images);
  EXPECT_EQ(images.values[0], 0);
  EXPECT_EQ(images.values[2], 1);
}

}  // namespace
}  // namespace spvae
