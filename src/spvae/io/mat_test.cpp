#include "spvae/io/mat.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/io/mat_testing.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;
using testing::gzip;
using testing::joined;
using testing::mat_array;
using testing::mat_header;
using testing::mat_labels;
using testing::mat_packed;
using testing::MatArray;
using testing::noise;
using testing::xz;

Bytes mat_file(const Bytes& elements) { return joined({mat_header(), elements}); }

std::vector<Bytes> images_of(const std::filesystem::path& path, std::uint32_t count) {
  std::vector<Bytes> images;
  read_mat(path, count, [&](std::span<const std::uint8_t> planes) {
    images.emplace_back(planes.begin(), planes.end());
  });
  return images;
}

/// Image `number` of MatArray's values, element by element from the order of MATLAB.
Bytes expected_image(const Bytes& values, std::size_t number) {
  Bytes image;
  for (std::size_t channel = 0; channel < 3; ++channel) {
    for (std::size_t row = 0; row < 32; ++row) {
      for (std::size_t column = 0; column < 32; ++column) {
        image.push_back(values[row + 32 * (column + 32 * (channel + 3 * number))]);
      }
    }
  }
  return image;
}

class Mat : public ::testing::Test {
 protected:
  std::filesystem::path write(const Bytes& file) const { return folder_.write("file", file); }

  void expect_refusal(const Bytes& file, const std::string& part) const {
    expect_error(ErrorKind::kData, part, [&] { images_of(write(file), 2); });
  }
  /// The same for an array X, plain and packed.
  void expect_refused_array(const MatArray& array, const std::string& part) const {
    expect_refusal(mat_file(mat_array(array)), part);
    expect_refusal(mat_file(mat_packed(mat_array(array))), part);
    expect_error(ErrorKind::kData, part,
                 [&] { read_mat_images(write(mat_file(mat_array(array)))); });
  }

  testing::TemporaryFolder folder_;
  const Bytes values_ = MatArray{}.values;
  const Bytes good_ = mat_file(mat_packed(mat_array({})));
};

TEST_F(Mat, GivesRowMajorPlanesFromPlainAndPackedArrays) {
  for (const Bytes& elements : {mat_array({}), mat_packed(mat_array({}))}) {
    for (const Bytes& file :
         {mat_file(elements), gzip(mat_file(elements)), xz(mat_file(elements))}) {
      EXPECT_EQ(read_mat_images(write(file)).count, 2u);
      const std::vector<Bytes> images = images_of(write(file), 2);
      ASSERT_EQ(images.size(), 2u);
      for (std::size_t i = 0; i < 2; ++i) EXPECT_EQ(images[i], expected_image(values_, i));
    }
  }
}

TEST_F(Mat, SkipsOtherArrays) {
  for (const Bytes& other : {mat_labels(), mat_packed(mat_labels()), mat_labels("a_long_name"),
                             mat_packed(mat_labels(std::string(100, 'X')))}) {
    EXPECT_EQ(images_of(write(mat_file(joined({other, mat_packed(mat_array({}))}))), 2).size(), 2u);
    EXPECT_EQ(images_of(write(mat_file(joined({mat_array({}), other}))), 2).size(), 2u);
  }
}

TEST_F(Mat, ReadsAPrefixAloneWhateverFollowsIt) {
  Bytes half = mat_file(mat_array({.values = noise(std::size_t{2} * 3072)}));
  half.resize(half.size() - 3000);
  EXPECT_EQ(images_of(write(half), 1).size(), 1u);
  EXPECT_EQ(images_of(write(half), 0).size(), 0u);
  EXPECT_EQ(read_mat_images(write(half)).count, 2u);
}

TEST_F(Mat, SaysWhereTheImagesEnd) {
  for (const Bytes& array : {mat_array({}), mat_packed(mat_array({}))}) {
    for (const Bytes& before : {Bytes{}, mat_packed(mat_labels()), mat_labels()}) {
      const Bytes up_to_end = mat_file(joined({before, array}));
      const Bytes file = joined({up_to_end, mat_labels("z")});
      for (const Bytes& content : {file, gzip(file)}) {
        EXPECT_EQ(read_mat_images(write(content)).end, up_to_end.size());
      }
    }
  }
}

TEST_F(Mat, ClaimsOfSizeCostNoMemory) {
  // A million images by its header, none in the file.
  Bytes file = mat_file(mat_array({.shape = {32, 32, 3, 1000000}, .values = {}}));
  const Bytes size = testing::little_endian(3072000000u);
  std::copy(size.begin(), size.end(), file.end() - 4);
  const Bytes matrix_size = testing::little_endian(3072000000u + 56);
  std::copy(matrix_size.begin(), matrix_size.end(), file.begin() + 132);
  EXPECT_EQ(read_mat_images(write(file)).count, 1000000u);
  expect_error(ErrorKind::kData, "truncated", [&] { images_of(write(file), 1000000); });
}

TEST_F(Mat, ReportsEveryTruncation) {
  for (const Bytes& whole : {mat_file(mat_array({})), good_}) {
    for (std::size_t size = 8; size < whole.size(); size += size < 250 ? 1 : 97) {
      if (size == mat_header().size()) continue;  // then there is no array at all
      const Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      expect_error(ErrorKind::kData, "fetch it again", [&] { images_of(write(part), 2); });
    }
  }
  Bytes without_check_sum = good_;
  without_check_sum.pop_back();
  expect_refusal(without_check_sum, "do not reach their end");
}

TEST_F(Mat, ReportsDamagedZlibData) {
  Bytes damaged = good_;
  damaged.back() ^= 1;  // the check sum
  expect_refusal(damaged, "zlib data are damaged (incorrect data check)");
}

TEST_F(Mat, SaysWhichArrayItFoundInsteadOfX) {
  expect_refused_array({.shape = {32, 32, 3}, .values = noise(3072)},
                       "got uint8 of shape 32 x 32 x 3, expected uint8 of shape 32 x 32 x 3 x N");
  expect_refused_array({.shape = {2, 3, 32, 32}}, "of shape 2 x 3 x 32 x 32");
  expect_refused_array({.shape = {32, 32, 3, -1}}, "of shape 32 x 32 x 3 x -1");
  expect_refused_array({.shape = {32, 32, 3, 0}, .values = {}}, "of shape 32 x 32 x 3 x 0");
  expect_refused_array({.flags = 6}, "got double of shape");
  expect_refused_array({.flags = 0x0809}, "got complex uint8");
  expect_refused_array({.flags = 0x0209}, "got logical uint8");
  expect_refused_array({.flags = 77}, "got another class");
}

TEST_F(Mat, ReportsValuesThatDoNotFitTheShape) {
  expect_refused_array({.shape = {32, 32, 3, 3}},
                       "the values are 6144 bytes of type 2, expected 9216");
  expect_refused_array({.type = 9}, "the values are 6144 bytes of type 9");
}

TEST_F(Mat, ReportsFilesWithoutX) {
  expect_refusal(mat_file(joined({mat_labels(), mat_packed(mat_labels("Z"))})),
                 "holds no array X, but y, Z");
  expect_refusal(mat_file({}), "holds no array X; give");
  // A message may go to a terminal.
  expect_refusal(mat_file(mat_labels("\xff\x1b[31m~\x7f red")), "but ??[31m~? red; give");
}

TEST_F(Mat, SaysWhatOtherFilesAre) {
  expect_refusal(Bytes(500, 'a'), "not a MATLAB v5 file");
  expect_refusal({}, "not a MATLAB v5 file");
  Bytes big_endian = good_;
  std::swap(big_endian[126], big_endian[127]);
  expect_refusal(big_endian, "got a big-endian MATLAB file");
  Bytes newer = good_;
  newer[7] = '7';
  newer[9] = '3';
  newer[125] = 2;
  expect_refusal(newer, "got a MATLAB v7.3 file (HDF5)");
  expect_refusal(joined({{0x89, 'H', 'D', 'F'}, Bytes(300, 0)}), "got a MATLAB v7.3 file (HDF5)");
  expect_refusal(mat_file(testing::mat_element(2, Bytes(8, 1))), "an element of type 2");
}

TEST_F(Mat, ReportsFewerImagesThanAreWanted) {
  expect_error(ErrorKind::kData, "got 2 images, expected at least 3",
               [&] { images_of(write(good_), 3); });
}

}  // namespace
}  // namespace spvae
