#include "spvae/data/mask.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <span>
#include <utility>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/npy.h"
#include "spvae/io/packed_testing.h"
#include "spvae/io/png.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;

class MaskFile : public ::testing::Test {
 protected:
  std::filesystem::path array(const std::vector<std::size_t>& shape, const Bytes& values) const {
    write_npy<std::uint8_t>(folder_.path() / "mask.npy", shape, values);
    return folder_.path() / "mask.npy";
  }
  std::filesystem::path picture(int height, int width, const Bytes& pixels) const {
    write_png(folder_.path() / "mask.png", {.height = height, .width = width, .pixels = pixels});
    return folder_.path() / "mask.png";
  }
  void expect_refused(const std::string& part, const std::filesystem::path& path) const {
    expect_error(ErrorKind::kData, part, [&] { load_mask(path, 2, 3, 4); });
  }

  testing::TemporaryFolder folder_;
  const Bytes half_ = {1, 1, 1, 0, 0, 0};
};

TEST_F(MaskFile, OfOneImageIsThatOfAll) {
  for (const auto& path : {array({2, 3}, half_), picture(2, 3, {255, 255, 255, 0, 0, 0})}) {
    const Mask mask = load_mask(path, 2, 3, 4);
    EXPECT_EQ(mask.count(), 1u);
    for (const std::size_t image : {0u, 3u}) {
      EXPECT_TRUE(std::ranges::equal(mask.of(image), half_));
    }
  }
}

TEST(Mask, HidesAllChannelsOfAPixel) {
  ImageSet images{.height = 1,
                  .width = 2,
                  .channels = 3,
                  .values = std::vector<float>(12),
                  .indices = {0, 1},
                  .observed = {1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
  apply_mask({.height = 1, .width = 2, .observed = {1, 0}}, images);
  EXPECT_EQ(images.observed, (Bytes{1, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 0}));
}

TEST_F(MaskFile, MayHaveOneForEachImage) {
  Bytes values(24, 1);
  values[7] = 0;
  const Mask mask = load_mask(array({4, 2, 3}, values), 2, 3, 4);
  EXPECT_EQ(mask.count(), 4u);
  EXPECT_TRUE(std::ranges::equal(mask.of(1), Bytes{1, 0, 1, 1, 1, 1}));
  EXPECT_TRUE(std::ranges::equal(mask.of(3), Bytes(6, 1)));
}

TEST_F(MaskFile, MayBeAPackedArray) {
  const std::string plain = read_file(array({2, 3}, half_));
  const Bytes bytes(plain.begin(), plain.end());
  for (const auto& path : {folder_.write("mask.npy.gz", testing::gzip(bytes)),
                           folder_.write("mask.NPY.xz", testing::xz(bytes))}) {
    EXPECT_EQ(load_mask(path, 2, 3, 4).observed, half_);
  }
}

TEST_F(MaskFile, ThatIsAnArchiveOfArraysSaysWhatToDo) {
  expect_refused("use numpy.save(\"mask.npy\", numpy.load(\"mask.npz\")[NAME])",
                 folder_.write("mask.npz", {1}));
}

TEST_F(MaskFile, ThatIsAPipeIsRefusedAtOnce) {
  for (const char* name : {"pipe.npy", "pipe.png"}) {
    const std::filesystem::path path = folder_.path() / name;
    ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
    expect_error(ErrorKind::kNoInput, "is a pipe or a device; expected",
                 [&] { load_mask(path, 2, 3, 4); });
  }
}

TEST_F(MaskFile, MayHideEverythingOrNothing) {
  for (const std::uint8_t value : Bytes{0, 1}) {
    EXPECT_EQ(load_mask(array({2, 3}, Bytes(6, value)), 2, 3, 4).observed, Bytes(6, value));
    const auto path = picture(2, 3, Bytes(6, value == 0 ? 0 : 255));
    EXPECT_EQ(load_mask(path, 2, 3, 4).observed, Bytes(6, value));
  }
}

TEST_F(MaskFile, OfAnotherShapeOrOtherValuesIsAnError) {
  expect_refused(
      "got a mask of shape (3, 2), expected (2, 3) for all images, or (4, 2, 3) for each",
      array({3, 2}, half_));
  expect_refused("got a mask of shape (3, 2, 3)", array({3, 2, 3}, Bytes(18)));
  expect_refused("got a mask with the value 255, expected 1", array({2, 3}, {1, 1, 1, 0, 0, 255}));
  expect_refused("got a mask of 3×2 pixels, expected 2×3", picture(3, 2, Bytes(6)));
  expect_refused("pixel 5 is neither white nor black", picture(2, 3, {255, 255, 255, 0, 0, 7}));
  expect_error(ErrorKind::kUsage, "mask: got 'mask.txt', expected a name that ends in .npy or .png",
               [] { load_mask("mask.txt", 2, 3, 4); });
  expect_error(ErrorKind::kNoInput, "none.npy",
               [&] { load_mask(folder_.path() / "none.npy", 2, 3, 4); });
}

TEST(Mask, HidesWhatIsNotHiddenYet) {
  ImageSet images{.height = 1, .width = 3, .values = std::vector<float>(6), .indices = {8, 9}};
  apply_mask({.height = 1, .width = 3, .observed = {1, 0, 1, 1, 1, 1}}, images);
  EXPECT_EQ(images.observed, (Bytes{1, 0, 1, 1, 1, 1}));
  apply_mask({.height = 1, .width = 3, .observed = {0, 1, 1}}, images);
  EXPECT_EQ(images.observed, (Bytes{0, 0, 1, 0, 1, 1}));
  keep_first(images, 1);
  EXPECT_EQ(images.observed, (Bytes{0, 0, 1}));
}

ImageSet ones(int count, int height, int width) {
  ImageSet images{.height = height, .width = width, .values = {}, .indices = {}};
  images.values.assign(static_cast<std::size_t>(count * height * width), 1.0f);
  for (int i = 0; i < count; ++i) images.indices.push_back(static_cast<std::uint32_t>(i));
  return images;
}

TEST(HidePixels, HidesHalvesThatMakeUpTheImage) {
  for (const auto& [first, second] :
       {std::pair(Hidden::kLower, Hidden::kUpper), std::pair(Hidden::kLeft, Hidden::kRight)}) {
    ImageSet images = ones(2, 3, 4);
    hide_pixels(first, 0, 0, images);
    const Bytes half = images.observed;
    EXPECT_GT(std::ranges::count(half, 1), 0);
    images.observed.clear();
    hide_pixels(second, 0, 0, images);
    for (std::size_t i = 0; i < half.size(); ++i) EXPECT_EQ(half[i] + images.observed[i], 1);
  }
}

TEST(HidePixels, HidesAShareAtRandomWhateverTheOtherImages) {
  ImageSet images = ones(100, 10, 10);
  hide_pixels(Hidden::kRandom, 0.25, 1, images);
  EXPECT_NEAR(static_cast<double>(std::ranges::count(images.observed, 0)), 2500, 200);
  ImageSet last = ones(100, 10, 10);
  keep_first(last, 1);
  last.indices = {99};
  hide_pixels(Hidden::kRandom, 0.25, 1, last);
  EXPECT_TRUE(std::ranges::equal(last.observed, std::span(images.observed).last(100)));
}

}  // namespace
}  // namespace spvae
