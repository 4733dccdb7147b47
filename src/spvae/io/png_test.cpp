#include "spvae/io/png.h"

#include <gtest/gtest.h>
#include <png.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

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

GrayImage ramp(int height, int width) {
  GrayImage image{.height = height, .width = width, .pixels = {}};
  for (int i = 0; i < height * width; ++i) image.pixels.push_back(static_cast<std::uint8_t>(i));
  return image;
}

TEST_F(Png, HoldsEveryGrayValueOfPicturesOfAnySize) {
  for (const auto& [height, width] :
       {std::pair{1, 1}, {1, 300}, {300, 1}, {16, 16}, {7, 13}, {28, 28}, {513, 129}}) {
    const GrayImage image = ramp(height, width);
    write_png(path_, image);
    EXPECT_EQ(read_png(path_), image) << height << "×" << width;
  }
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
  const GrayImage image = ramp(4, 6);
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

TEST_F(Png, IsRefusedInColour) {
  png_image png{};
  png.version = PNG_IMAGE_VERSION;
  png.width = 1;
  png.height = 1;
  png.format = PNG_FORMAT_RGB;
  const std::array<unsigned char, 3> pixel{1, 2, 3};
  ASSERT_NE(png_image_write_to_file(&png, path_.c_str(), 0, pixel.data(), 0, nullptr), 0);
  expect_error(ErrorKind::kData, "expected 8-bit gray", [&] { read_png(path_); });
}

TEST_F(Png, IsNoInputIfMissingAndNotWrittenIntoAMissingFolder) {
  expect_error(ErrorKind::kNoInput, "image.png", [&] { read_png(path_); });
  expect_error(ErrorKind::kCannotCreate, "none/image.png",
               [&] { write_png(folder_.path() / "none/image.png", ramp(1, 1)); });
}

}  // namespace
}  // namespace spvae
