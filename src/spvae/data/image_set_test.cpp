#include "spvae/data/image_set.h"

#include <cmath>
#include <limits>
#include <string>

#include "spvae/core/error_testing.h"

namespace spvae {
namespace {

using testing::expect_error;

ImageSet two_images() {
  return {.height = 1, .width = 3, .values = {0, 0.5f, 1, 1, 0, 0.25f}, .indices = {7, 9}};
}

TEST(AppendImages, KeepsWhatIsMissingOfEither) {
  ImageSet images;
  append_images(two_images(), images);
  EXPECT_EQ(images.values, two_images().values);
  EXPECT_TRUE(images.observed.empty());
  ImageSet partial = two_images();
  partial.observed = {1, 0, 1, 0, 0, 0};
  append_images(partial, images);
  append_images(two_images(), images);
  EXPECT_EQ(images.indices, (std::vector<std::uint32_t>{7, 9, 7, 9, 7, 9}));
  EXPECT_EQ(images.observed,
            (std::vector<std::uint8_t>{1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1}));
  EXPECT_DOUBLE_EQ(mean_observed_variables(images), 14.0 / 6);
  EXPECT_DOUBLE_EQ(mean_observed_variables(two_images()), 3.0);
}

TEST(AddressByContent, IsTheSameForEqualImagesAlone) {
  ImageSet images = two_images();
  append_images(two_images(), images);
  EXPECT_EQ(noise_addresses(images)[3], 9U);
  address_by_content(images);
  const auto whole = images.addresses;
  EXPECT_EQ(whole[0], whole[2]);
  EXPECT_EQ(whole[1], whole[3]);
  EXPECT_NE(whole[0], whole[1]);
  images.values[1] = std::nextafter(0.5f, 1.0f);
  images.values[10] = -0.0f;
  address_by_content(images);
  EXPECT_NE(images.addresses[0], whole[0]);
  EXPECT_EQ(images.addresses[3], whole[3]);
}

TEST(AddressByContent, GoesByWhatIsObserved) {
  ImageSet images = two_images();
  append_images(two_images(), images);
  address_by_content(images);
  const auto whole = images.addresses;
  images.observed.assign(12, 1);
  images.observed[1] = images.observed[7] = 0;
  images.values[7] = 0.75f;  // hidden
  address_by_content(images);
  EXPECT_EQ(images.addresses[0], images.addresses[2]);
  EXPECT_NE(images.addresses[0], whole[0]);
  EXPECT_EQ(images.addresses[1], whole[1]);  // complete
}

TEST(AddressByContent, StaysWithItsImage) {
  ImageSet images = two_images();
  address_by_content(images);
  const auto addresses = images.addresses;
  const std::size_t rows[] = {1, 0};
  EXPECT_EQ(images_of_rows(images, rows).addresses,
            (std::vector<std::uint32_t>{addresses[1], addresses[0]}));
  ImageSet more = two_images();
  append_images(images, more);
  EXPECT_EQ(more.addresses, (std::vector<std::uint32_t>{7, 9, addresses[0], addresses[1]}));
  keep_first(images, 1);
  EXPECT_EQ(images.addresses, std::vector<std::uint32_t>{addresses[0]});
}

TEST(ImagesOfRows, AreThoseInTheRowsOrder) {
  ImageSet images = two_images();
  images.observed = {1, 0, 1, 0, 0, 0};
  const std::size_t rows[] = {1, 0, 1};
  const ImageSet chosen = images_of_rows(images, rows);
  EXPECT_EQ(chosen.indices, (std::vector<std::uint32_t>{9, 7, 9}));
  EXPECT_EQ(chosen.values, (std::vector<float>{1, 0, 0.25f, 0, 0.5f, 1, 1, 0, 0.25f}));
  EXPECT_EQ(chosen.observed, (std::vector<std::uint8_t>{0, 0, 0, 1, 0, 1, 0, 0, 0}));
}

TEST(KeepFirst, KeepsTheFirstImagesOrAll) {
  ImageSet images = two_images();
  keep_first(images, 3);
  EXPECT_EQ(images.count(), 2);
  keep_first(images, 1);
  EXPECT_EQ(images.indices, std::vector<std::uint32_t>{7});
  EXPECT_EQ(images.values, (std::vector<float>{0, 0.5f, 1}));
}

TEST(KeepEvenly, KeepsImagesOfAllParts) {
  for (const auto& [count, expected] :
       {std::pair{3, std::vector<std::uint32_t>{0, 2, 4}},
        std::pair{1, std::vector<std::uint32_t>{0}},
        std::pair{7, std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6}},
        std::pair{9, std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6}}}) {
    ImageSet images{.height = 1, .width = 1, .values = {}, .indices = {}};
    for (std::uint32_t i = 0; i < 7; ++i) {
      images.indices.push_back(i);
      images.values.push_back(static_cast<float>(i) / 8);
    }
    keep_evenly(images, count);
    EXPECT_EQ(images.indices, expected);
    EXPECT_EQ(images.values.size(), expected.size());
    EXPECT_EQ(images.values.back(), static_cast<float>(expected.back()) / 8);
  }
}

TEST(CheckImages, AcceptsImagesOfTheModelsSizeWithPixelsFromZeroToOne) {
  EXPECT_NO_THROW(check_images(two_images(), 1, 3, 1));
}

TEST(CheckImages, RefusesNoImagesAndAnotherSize) {
  expect_error(ErrorKind::kData, "no images", [] { check_images({}, 0, 0, 1); });
  expect_error(ErrorKind::kData, "1×3 pixels, but the model is of 3×1",
               [] { check_images(two_images(), 3, 1, 1); });
}

TEST(CheckImages, NamesTheImageAndThePixelThatAreOutOfRange) {
  for (const float bad : {-0.001f, 1.001f, 1e6f, std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::quiet_NaN()}) {
    ImageSet images = two_images();
    images.values[4] = bad;
    expect_error(ErrorKind::kData, "image 9: pixel 1 is ", [&] { check_images(images, 1, 3, 1); });
  }
}

ImageSet partly_observed(int channels, std::vector<std::uint8_t> observed) {
  ImageSet images{.height = 1, .width = 2, .channels = channels, .values = {}, .indices = {0, 1}};
  images.values.resize(observed.size());
  images.observed = std::move(observed);
  return images;
}

TEST(ImageSet, NamesThePixelsThatNoImageHas) {
  using Marked = std::vector<std::uint8_t>;
  EXPECT_EQ(unseen_pixels(partly_observed(1, {1, 0, 1, 0})), (Marked{0, 1}));
  EXPECT_EQ(unseen_pixels(partly_observed(1, {1, 0, 0, 1})), Marked());
  // A pixel of which each image lacks a channel is learnt by none.
  EXPECT_EQ(unseen_pixels(partly_observed(3, {1, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1})),
            (Marked{0, 1}));
  ImageSet whole = partly_observed(1, {1, 1, 1, 1});
  whole.observed.clear();
  EXPECT_EQ(unseen_pixels(whole), Marked());
}

TEST(ImageSet, CountsMarkedPixelsThatAnyImageHas) {
  const std::vector<std::uint8_t> marked = {0, 1};
  EXPECT_EQ(count_observed(marked, partly_observed(1, {1, 0, 1, 0})), 0);
  EXPECT_EQ(count_observed(marked, partly_observed(1, {0, 0, 0, 1})), 1);
  EXPECT_EQ(count_observed(marked, partly_observed(3, {1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0, 0})), 1);
  ImageSet whole = partly_observed(1, {1, 1, 1, 1});
  whole.observed.clear();
  EXPECT_EQ(count_observed(marked, whole), 1);
  EXPECT_EQ(count_observed({}, whole), 0);
}

}  // namespace
}  // namespace spvae
