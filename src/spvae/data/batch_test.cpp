#include "spvae/data/batch.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

constexpr int kImages = 50;

/// Every value tells its image and pixel.
ImageSet numbered_images(int height, int width) {
  ImageSet images{.height = height, .width = width, .values = {}, .indices = {}};
  for (int image = 0; image < kImages; ++image) {
    images.indices.push_back(static_cast<std::uint32_t>(1000 + 7 * image));
    for (int pixel = 0; pixel < images.variables(); ++pixel) {
      images.values.push_back(static_cast<float>(image * 1000 + pixel));
    }
  }
  return images;
}

std::vector<std::uint32_t> scattered_rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  for (std::size_t i = 0; i < count; ++i)
    rows[i] = static_cast<std::uint32_t>(i * 13 + 5) % kImages;
  return rows;
}

void expect_gathered(const ImageSet& images, const std::vector<std::uint32_t>& rows,
                     const Batch& batch) {
  const std::size_t stride = static_cast<std::size_t>(batch.stride);
  EXPECT_EQ(static_cast<std::size_t>(batch.size), rows.size());
  EXPECT_EQ(batch.variables, images.variables());
  EXPECT_EQ(batch.stride % kernels::kTile, 0);
  EXPECT_GE(batch.stride, batch.size);
  EXPECT_LT(batch.stride, batch.size + kernels::kTile);
  ASSERT_EQ(batch.indices.size(), stride);
  ASSERT_EQ(batch.values.size(), stride * static_cast<std::size_t>(images.variables()));
  for (std::size_t lane = 0; lane < stride; ++lane) {
    const std::uint32_t row = rows[std::min(lane, rows.size() - 1)];
    ASSERT_EQ(batch.indices[lane], images.indices[row]);
    for (std::size_t pixel = 0; pixel < static_cast<std::size_t>(batch.variables); ++pixel) {
      ASSERT_EQ(batch.values[pixel * stride + lane], static_cast<float>(row * 1000 + pixel))
          << "lane " << lane << ", pixel " << pixel;
    }
  }
}

TEST(Batch, IsFeatureMajorAndPadsWithTheLastImage) {
  for (const int width : {1, 3, 7, 49}) {
    const ImageSet images = numbered_images(3, width);
    for (const std::size_t size : {1u, 31u, 32u, 33u, 128u}) {
      Batch batch;
      const auto rows = scattered_rows(size);
      gather_batch(images, rows, batch);
      expect_gathered(images, rows, batch);
    }
  }
}

TEST(Batch, MayBeFilledAgainWithAnotherSize) {
  const ImageSet large = numbered_images(5, 5);
  const ImageSet small = numbered_images(2, 2);
  Batch batch;
  gather_batch(large, scattered_rows(70), batch);
  gather_batch(small, scattered_rows(3), batch);
  expect_gathered(small, scattered_rows(3), batch);
  gather_batch(large, scattered_rows(33), batch);
  expect_gathered(large, scattered_rows(33), batch);
}

}  // namespace
}  // namespace spvae
