#include "spvae/leaves/imputation.h"

#include <gtest/gtest.h>

#include "spvae/structure/poon_domingos.h"

namespace spvae {
namespace {

/// 2 × 4 pixels, two super-pixels of 2 × 2; one pixel of the first and none of the second is
/// observed of image 1, all of image 0.
Batch batch_with_holes() {
  ImageSet images{.height = 2, .width = 4, .values = {}, .indices = {3, 5}};
  const std::vector<float> values = {0.1f, 0.9f, 0.5f, 0.5f, 0.3f, 0.9f, 0.5f, 0.5f};
  for (int i = 0; i < 2; ++i) {
    images.values.insert(images.values.end(), values.begin(), values.end());
  }
  images.observed = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 0};
  Batch batch;
  const std::uint32_t rows[] = {0, 1};
  gather_batch(images, rows, batch);
  return batch;
}

float pixel(const Batch& batch, int v, int image = 1) {
  return batch.values[static_cast<std::size_t>(v * batch.stride + image)];
}

TEST(Imputation, FillsWithTheMeanOfThePatchOrWithZeros) {
  const RegionGraph graph = poon_domingos(2, 4, 2);
  Batch batch = batch_with_holes();
  impute(graph, 1, Imputation::kPatchMean, batch);
  EXPECT_FLOAT_EQ(pixel(batch, 0), 0.1f);
  EXPECT_FLOAT_EQ(pixel(batch, 1), 0.2f);
  EXPECT_FLOAT_EQ(pixel(batch, 5), 0.2f);
  EXPECT_FLOAT_EQ(pixel(batch, 2), 0.0f);  // nothing of its patch is observed
  impute(graph, 1, Imputation::kZero, batch);
  EXPECT_FLOAT_EQ(pixel(batch, 1), 0.0f);
  EXPECT_FLOAT_EQ(pixel(batch, 4), 0.3f);
}

TEST(Imputation, FillsEachChannelWithItsOwnMean) {
  // One super-pixel of 1 × 3 pixels in colour; blue is observed nowhere.
  ImageSet images{.height = 1,
                  .width = 3,
                  .channels = 3,
                  .values = {0.9f, 0.1f, 0, 0.7f, 0.3f, 0, 0, 0, 0},
                  .indices = {0},
                  .observed = {1, 1, 0, 1, 1, 0, 0, 0, 0}};
  Batch batch;
  const std::uint32_t rows[] = {0};
  gather_batch(images, rows, batch);
  impute(poon_domingos(1, 3, 3, 3), 3, Imputation::kPatchMean, batch);
  EXPECT_FLOAT_EQ(pixel(batch, 6, 0), 0.8f);
  EXPECT_FLOAT_EQ(pixel(batch, 7, 0), 0.2f);
  EXPECT_FLOAT_EQ(pixel(batch, 8, 0), 0.5f);
  EXPECT_FLOAT_EQ(pixel(batch, 2, 0), 0.5f);
  EXPECT_FLOAT_EQ(pixel(batch, 0, 0), 0.9f);
}

TEST(Imputation, LeavesCompleteImagesAsTheyAre) {
  const RegionGraph graph = poon_domingos(2, 4, 2);
  Batch batch = batch_with_holes();
  const Batch before = batch;
  impute(graph, 1, Imputation::kPatchMean, batch);
  for (int v = 0; v < 8; ++v) EXPECT_EQ(pixel(batch, v, 0), pixel(before, v, 0));
  batch = before;
  batch.observed.clear();
  impute(graph, 1, Imputation::kZero, batch);
  EXPECT_EQ(batch.values, before.values);
}

}  // namespace
}  // namespace spvae
