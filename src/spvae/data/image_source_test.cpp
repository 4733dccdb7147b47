#include "spvae/data/image_source.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/data/colour.h"
#include "spvae/io/mat_testing.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;
using testing::idx_file;
using testing::joined;
using testing::noise;
using testing::xz;

/// The first `size` bytes.
Bytes first_of(const Bytes& bytes, std::size_t size) {
  return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// A CIFAR-10 file of images of noise with these seeds.
Bytes cifar_file(const std::vector<std::uint32_t>& seeds) {
  Bytes file;
  for (const std::uint32_t seed : seeds) file = joined({file, {1}, noise(3072, seed)});
  return file;
}

Bytes gray_noise(const std::vector<std::uint32_t>& seeds) {
  Bytes all;
  for (const std::uint32_t seed : seeds) {
    const Bytes planes = noise(3072, seed);
    for (std::size_t i = 0; i < 1024; ++i) {
      all.push_back(gray(planes[i], planes[1024 + i], planes[2048 + i]));
    }
  }
  return all;
}

class Source : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  ThreadPool pool_{2};
};

TEST_F(Source, JoinsItsFilesAndReadsAPrefix) {
  const ImageSource source(
      ImageFormat::kCifar,
      {folder_.write("a", cifar_file({1, 2})), folder_.write("b", xz(cifar_file({3, 4}))),
       folder_.write("c", cifar_file({5, 6}))},
      2);
  EXPECT_EQ(source.count(), 6u);
  EXPECT_EQ(source.height(), 32);
  EXPECT_EQ(source.width(), 32);
  const Bytes all = gray_noise({1, 2, 3, 4, 5, 6});
  for (std::uint32_t count = 0; count <= 6; ++count) {
    EXPECT_EQ(source.read_bytes(count, 1, pool_), first_of(all, count * 1024u)) << count;
  }
}

TEST_F(Source, JoinsFilesOfGrayImagesToo) {
  const Bytes one = noise(4 * 6, 1);
  const Bytes two = noise(3 * 6, 2);
  const ImageSource source(ImageFormat::kIdx, {folder_.write("a", idx_file({4, 2, 3}, one)),
                                               folder_.write("b", idx_file({3, 2, 3}, two))});
  EXPECT_EQ(source.count(), 7u);
  EXPECT_EQ(source.read_bytes(7, 1, pool_), joined({one, two}));
  EXPECT_EQ(source.read_bytes(5, 1, pool_), first_of(joined({one, two}), 5 * 6));
  expect_error(ErrorKind::kData, "got images of 3 x 2 pixels, expected 2 x 3 as in", [&] {
    ImageSource(ImageFormat::kIdx,
                {folder_.path() / "a", folder_.write("c", idx_file({4, 3, 2}, one))});
  });
}

TEST_F(Source, TurnsTheImagesOfMatlabFilesGray) {
  const auto path = folder_.write(
      "x.mat", joined({testing::mat_header(), testing::mat_packed(testing::mat_array({}))}));
  const ImageSource source(ImageFormat::kMat, {path});
  EXPECT_EQ(source.count(), 2u);
  const Bytes gray = source.read_bytes(1, 1, pool_);
  const Bytes values = testing::MatArray{}.values;  // column-major
  ASSERT_EQ(gray.size(), 1024u);
  for (std::size_t row = 0; row < 32; ++row) {
    for (std::size_t column = 0; column < 32; ++column) {
      const std::size_t at = row + 32 * column;
      EXPECT_EQ(gray[row * 32 + column],
                spvae::gray(values[at], values[1024 + at], values[2048 + at]));
    }
  }
}

TEST_F(Source, KeepsColoursWhereItIsAskedTo) {
  const ImageSource source(ImageFormat::kCifar, {folder_.write("a", cifar_file({1, 2}))}, 2);
  EXPECT_EQ(source.channels(), 3);
  const Bytes colours = source.read_bytes(2, 3, pool_);
  ASSERT_EQ(colours.size(), 2u * 3072u);
  const Bytes planes = noise(3072, 2);
  for (std::size_t i = 0; i < 1024; ++i) {
    for (std::size_t channel = 0; channel < 3; ++channel) {
      EXPECT_EQ(colours[3072 + 3 * i + channel], planes[1024 * channel + i]);
    }
  }
}

TEST_F(Source, RepeatsGrayWhereColoursAreAskedFor) {
  const ImageSource source(ImageFormat::kIdx, {folder_.write("a", idx_file({1, 1, 2}, {7, 9}))});
  EXPECT_EQ(source.channels(), 1);
  EXPECT_EQ(source.read_bytes(1, 3, pool_), (Bytes{7, 7, 7, 9, 9, 9}));
}

TEST_F(Source, ReportsFilesOfAnotherSizeThanTheyMustHave) {
  const Bytes file = cifar_file({1, 2, 3});
  const ImageSource source(ImageFormat::kCifar, {folder_.write("a", file)}, 2);
  expect_error(ErrorKind::kData, "trailing bytes", [&] { source.check_size(0, file.size()); });
  source.check_size(0, 2 * 3073);
  expect_error(ErrorKind::kData, "trailing bytes", [&] { source.read_bytes(2, 1, pool_); });
}

TEST_F(Source, SaysOfGrayFilesOfAnotherSizeWhatReadingThemSays) {
  const Bytes whole = idx_file({4, 2, 3}, noise(4 * 6));
  for (const Bytes& file :
       {whole, first_of(whole, 39), first_of(whole, 16), joined({whole, {0}})}) {
    const auto path = folder_.write("a", file);
    const ImageSource source(ImageFormat::kIdx, {path});
    if (file == whole) {
      source.check_size(0, file.size());
    } else {
      const std::string sentence = file.size() < whole.size()
                                       ? "a: truncated: got " + std::to_string(file.size()) +
                                             " bytes, expected 40 (shape 4 x 2 x 3)"
                                       : "a: trailing bytes: got more than the 40 bytes";
      expect_error(ErrorKind::kData, sentence, [&] { source.check_size(0, file.size()); });
      expect_error(ErrorKind::kData, sentence, [&] { source.read_bytes(4, 1, pool_); });
    }
  }
  const ImageSource source(ImageFormat::kIdx, {folder_.write("a", whole)});
  expect_error(ErrorKind::kData, "changed while it was in use: got 39 bytes, expected 40",
               [&] { source.check_size(0, 39); });
}

TEST_F(Source, ReportsMatlabFilesThatEndBeforeTheirImages) {
  for (const Bytes& array : {testing::mat_array({}), testing::mat_packed(testing::mat_array({}))}) {
    const Bytes up_to_end = joined({testing::mat_header(), testing::mat_labels(), array});
    const Bytes whole = joined({up_to_end, testing::mat_labels("z")});
    const ImageSource source(ImageFormat::kMat, {folder_.write("x.mat", whole)});
    source.check_size(0, whole.size());
    source.check_size(0, up_to_end.size());
    expect_error(ErrorKind::kData,
                 "x.mat: truncated: its content is " + std::to_string(up_to_end.size() - 1) +
                     " bytes, expected at least " + std::to_string(up_to_end.size()),
                 [&] { source.check_size(0, up_to_end.size() - 1); });
  }
}

}  // namespace
}  // namespace spvae
