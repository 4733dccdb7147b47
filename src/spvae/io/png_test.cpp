#include "spvae/io/png.h"

#include <gtest/gtest.h>
#include <png.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

using testing::expect_error;

class Png : public ::testing::Test {
 protected:
  testing::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "image.png";
};

Picture ramp(int height, int width) {
  Picture image{.height = height, .width = width, .pixels = {}};
  for (int i = 0; i < height * width; ++i) image.pixels.push_back(static_cast<std::uint8_t>(i));
  return image;
}

TEST_F(Png, HoldsEveryGrayValueOfPicturesOfAnySize) {
  for (const auto& [height, width] :
       {std::pair{1, 1}, {1, 300}, {300, 1}, {16, 16}, {7, 13}, {28, 28}, {513, 129}}) {
    const Picture image = ramp(height, width);
    write_png(path_, image);
    EXPECT_EQ(read_png(path_), image) << height << "×" << width;
  }
}

TEST_F(Png, HoldsColours) {
  const Picture picture{.height = 2, .width = 1, .channels = 3, .pixels = {1, 2, 3, 255, 0, 128}};
  write_png(path_, picture);
  EXPECT_EQ(read_png(path_), picture);
  EXPECT_EQ(read_png_header(path_).channels, 3);
}

TEST_F(Png, IsEightBitGrayInTheFile) {
  write_png(path_, ramp(3, 5));
  const std::string bytes = read_file(path_);
  // Signature; IHDR with width, height, 8 bits, gray, and no interlacing.
  const unsigned char expected[] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D',
                                    'R',  0,   0,   0,   5,  0,  0,  0,  3, 8, 0, 0,  0,   0};
  EXPECT_EQ(bytes.substr(0, sizeof expected),
            std::string(reinterpret_cast<const char*>(expected), sizeof expected));
}

TEST_F(Png, IsRefusedAtEveryTruncation) {
  write_png(path_, ramp(4, 6));
  const std::string bytes = read_file(path_);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    folder_.write("image.png",
                  {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)});
    expect_error(ErrorKind::kData, path_.string(), [&] { read_png(path_); });
  }
  folder_.write("image.png", {bytes.begin(), bytes.end()});
  append_line(path_, "x");
  expect_error(ErrorKind::kData, "followed by other bytes", [&] { read_png(path_); });
}

TEST_F(Png, IsRefusedOrReadWholeWhateverBitIsFlipped) {
  const Picture image = ramp(4, 6);
  write_png(path_, image);
  const std::string bytes = read_file(path_);
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    folder_.write("image.png", {damaged.begin(), damaged.end()});
    try {
      EXPECT_EQ(read_png(path_), image);  // the damage is in what does not matter
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData) << "bit " << bit;
    }
  }
}

void write_as(const std::filesystem::path& path, png_uint_32 format, png_uint_32 width,
              const std::vector<unsigned char>& samples) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = width;
  png.height = 1;
  png.format = format;
  ASSERT_NE(png_image_write_to_file(&png, path.c_str(), 0, samples.data(), 0, nullptr), 0);
}

TEST_F(Png, IsReadInColourWithoutItsAlpha) {
  write_as(path_, PNG_FORMAT_RGB, 2, {1, 2, 3, 250, 128, 0});
  Picture read = read_png(path_);
  EXPECT_EQ(read.channels, 3);
  EXPECT_EQ(read.height, 1);
  EXPECT_EQ(read.width, 2);
  EXPECT_EQ(read.pixels, (testing::Bytes{1, 2, 3, 250, 128, 0}));
  // A pixel that is half, another that is wholly transparent.
  write_as(path_, PNG_FORMAT_RGBA, 2, {1, 2, 3, 128, 250, 128, 0, 0});
  read = read_png(path_);
  EXPECT_EQ(read.channels, 3);
  EXPECT_EQ(read.pixels, (testing::Bytes{1, 2, 3, 250, 128, 0}));
  write_as(path_, PNG_FORMAT_GA, 2, {7, 128, 90, 255});
  read = read_png(path_);
  EXPECT_EQ(read.channels, 1);
  EXPECT_EQ(read.pixels, (testing::Bytes{7, 90}));
  write_png(path_, ramp(7, 13));
  read = read_png(path_);
  EXPECT_EQ(read.channels, 1);
  EXPECT_EQ(read.pixels, ramp(7, 13).pixels);
}

TEST_F(Png, IsReadFromAPaletteAndFromOneBit) {
  // Made by another program: 2 × 1 pixels of a palette of red and blue; 3 × 1 of one bit.
  const testing::Bytes palette = {
      137, 80, 78, 71, 13, 10,  26,  10, 0,  0,  0,   13,  73,  72,  68,  82, 0,   0,
      0,   2,  0,  0,  0,  1,   8,   3,  0,  0,  0,   195, 252, 143, 184, 0,  0,   0,
      6,   80, 76, 84, 69, 255, 0,   0,  0,  0,  255, 108, 161, 253, 142, 0,  0,   0,
      11,  73, 68, 65, 84, 120, 156, 99, 96, 96, 4,   0,   0,   4,   0,   2,  191, 122,
      63,  74, 0,  0,  0,  0,   73,  69, 78, 68, 174, 66,  96,  130,
  };
  folder_.write("image.png", palette);
  const Picture read = read_png(path_);
  EXPECT_EQ(read.channels, 3);
  EXPECT_EQ(read.pixels, (testing::Bytes{255, 0, 0, 0, 0, 255}));
  const testing::Bytes one_bit = {
      137, 80,  78,  71,  13, 10, 26, 10,  0,   0,  0,  13, 73,  72,  68,  82,  0,
      0,   0,   3,   0,   0,  0,  1,  1,   0,   0,  0,  0,  51,  155, 41,  25,  0,
      0,   0,   10,  73,  68, 65, 84, 120, 156, 99, 88, 0,  0,   0,   162, 0,   161,
      220, 141, 177, 204, 0,  0,  0,  0,   73,  69, 78, 68, 174, 66,  96,  130,
  };
  folder_.write("image.png", one_bit);
  EXPECT_EQ(read_png(path_).pixels, (testing::Bytes{255, 0, 255}));
}

TEST_F(Png, OfSixteenBitsIsRefused) {
  const testing::Bytes sixteen = {
      137, 80,  78,  71, 13,  10, 26, 10,  0,   0,  0,  13, 73,  72,  68, 82, 0,
      0,   0,   1,   0,  0,   0,  1,  16,  0,   0,  0,  0,  106, 238, 71, 22, 0,
      0,   0,   11,  73, 68,  65, 84, 120, 156, 99, 16, 50, 1,   0,   0,  91, 0,
      71,  150, 251, 27, 101, 0,  0,  0,   0,   73, 69, 78, 68,  174, 66, 96, 130,
  };
  folder_.write("image.png", sixteen);
  expect_error(ErrorKind::kData, "16 bits a channel", [&] { read_png(path_); });
}

TEST_F(Png, TellsItsSizeAndChannelsByItsHeader) {
  write_png(path_, ramp(7, 13));
  EXPECT_EQ(read_png_header(path_).height, 7);
  EXPECT_EQ(read_png_header(path_).width, 13);
  EXPECT_EQ(read_png_header(path_).channels, 1);
  folder_.write("image.png", {0x89, 'P', 'N', 'G'});
  expect_error(ErrorKind::kData, "image.png: not a valid PNG", [&] { read_png_header(path_); });
  testing::Bytes absurd = {0x89, 'P', 'N', 'G',  13, 10, 26, 10,   0, 0, 0, 13, 'I',
                           'H',  'D', 'R', 0xff, 0,  0,  0,  0xff, 0, 0, 0, 8,  0};
  folder_.write("image.png", absurd);
  expect_error(ErrorKind::kData, "absurd size", [&] { read_png_header(path_); });
}

TEST_F(Png, IsNoInputIfMissingAndNotWrittenIntoAMissingFolder) {
  expect_error(ErrorKind::kNoInput, "image.png", [&] { read_png(path_); });
  expect_error(ErrorKind::kCannotCreate, "none/image.png",
               [&] { write_png(folder_.path() / "none/image.png", ramp(1, 1)); });
}

}  // namespace
}  // namespace spvae
