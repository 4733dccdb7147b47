#include "spvae/io/png.h"

#include <gtest/gtest.h>
#include <png.h>
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/packed_testing.h"

namespace spvae {
namespace {

using testing::Bytes;
using testing::expect_error;
using testing::joined;
using testing::zlib_stream;

enum Colour : std::uint8_t { kGray = 0, kRgb = 2, kPalette = 3, kGrayAlpha = 4, kRgba = 6 };

Bytes four(std::size_t number) {
  return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
          static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

Bytes chunk(const std::string& name, const Bytes& data) {
  const Bytes named = joined({{name.begin(), name.end()}, data});
  return joined({four(data.size()), named,
                 four(crc32(0, named.data(), static_cast<unsigned>(named.size())))});
}

/// A file made by hand.
struct PngFile {
  std::size_t width = 1;
  std::size_t height = 1;
  Colour colour = kGray;
  std::uint8_t depth = 8;
  Bytes rows = {};  ///< each with its filter in front
  std::vector<Bytes> chunks = {};
  std::uint8_t interlaced = 0;
  Bytes behind = {};  ///< what follows the packed rows in their chunk

  Bytes bytes() const {
    return joined(
        {{0x89, 'P', 'N', 'G', 13, 10, 26, 10},
         chunk("IHDR", joined({four(width),
                               four(height),
                               {depth, static_cast<std::uint8_t>(colour), 0, 0, interlaced}})),
         joined(chunks),
         chunk("IDAT", joined({zlib_stream(rows), behind})),
         chunk("IEND", {})});
  }
};

const Bytes kThreeColours = chunk("PLTE", {10, 20, 30, 0, 255, 7, 90, 90, 90});

class Png : public ::testing::Test {
 protected:
  Bytes pixels_of(const PngFile& file) const {
    return read_png(folder_.write("image.png", file.bytes())).pixels;
  }

  void expect_refused(const std::string& part, const Bytes& bytes) const {
    folder_.write("image.png", bytes);
    expect_error(ErrorKind::kData, part, [&] { read_png(path_); });
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "image.png";
};

Picture ramp(int height, int width) {
  Picture image{.height = height, .width = width};
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
  EXPECT_EQ(read.pixels, (Bytes{1, 2, 3, 250, 128, 0}));
  // A pixel that is half, another that is wholly transparent.
  write_as(path_, PNG_FORMAT_RGBA, 2, {1, 2, 3, 128, 250, 128, 0, 0});
  read = read_png(path_);
  EXPECT_EQ(read.channels, 3);
  EXPECT_EQ(read.pixels, (Bytes{1, 2, 3, 250, 128, 0}));
  write_as(path_, PNG_FORMAT_GA, 2, {7, 128, 90, 255});
  read = read_png(path_);
  EXPECT_EQ(read.channels, 1);
  EXPECT_EQ(read.pixels, (Bytes{7, 90}));
  write_png(path_, ramp(7, 13));
  read = read_png(path_);
  EXPECT_EQ(read.channels, 1);
  EXPECT_EQ(read.pixels, ramp(7, 13).pixels);
}

TEST_F(Png, IsReadFromAPaletteAndFromOneBit) {
  // Made by another program: 2 × 1 pixels of a palette of red and blue; 3 × 1 of one bit.
  const Bytes palette = {
      137, 80, 78, 71, 13, 10,  26,  10, 0,  0,  0,   13,  73,  72,  68,  82, 0,   0,
      0,   2,  0,  0,  0,  1,   8,   3,  0,  0,  0,   195, 252, 143, 184, 0,  0,   0,
      6,   80, 76, 84, 69, 255, 0,   0,  0,  0,  255, 108, 161, 253, 142, 0,  0,   0,
      11,  73, 68, 65, 84, 120, 156, 99, 96, 96, 4,   0,   0,   4,   0,   2,  191, 122,
      63,  74, 0,  0,  0,  0,   73,  69, 78, 68, 174, 66,  96,  130,
  };
  folder_.write("image.png", palette);
  const Picture read = read_png(path_);
  EXPECT_EQ(read.channels, 3);
  EXPECT_EQ(read.pixels, (Bytes{255, 0, 0, 0, 0, 255}));
  const Bytes one_bit = {
      137, 80,  78,  71,  13, 10, 26, 10,  0,   0,  0,  13, 73,  72,  68,  82,  0,
      0,   0,   3,   0,   0,  0,  1,  1,   0,   0,  0,  0,  51,  155, 41,  25,  0,
      0,   0,   10,  73,  68, 65, 84, 120, 156, 99, 88, 0,  0,   0,   162, 0,   161,
      220, 141, 177, 204, 0,  0,  0,  0,   73,  69, 78, 68, 174, 66,  96,  130,
  };
  folder_.write("image.png", one_bit);
  EXPECT_EQ(read_png(path_).pixels, (Bytes{255, 0, 255}));
}

TEST_F(Png, OfSixteenBitsIsRefused) {
  const Bytes sixteen = {
      137, 80,  78,  71, 13,  10, 26, 10,  0,   0,  0,  13, 73,  72,  68, 82, 0,
      0,   0,   1,   0,  0,   0,  1,  16,  0,   0,  0,  0,  106, 238, 71, 22, 0,
      0,   0,   11,  73, 68,  65, 84, 120, 156, 99, 16, 50, 1,   0,   0,  91, 0,
      71,  150, 251, 27, 101, 0,  0,  0,   0,   73, 69, 78, 68,  174, 66, 96, 130,
  };
  folder_.write("image.png", sixteen);
  expect_error(ErrorKind::kData, "16 bits a channel", [&] { read_png(path_); });
}

TEST_F(Png, IsWhatTheFileHoldsHoweverItWouldBeShown) {
  struct Case {
    PngFile file;
    Bytes pixels;
    Bytes significant_bits;
    Bytes background;
    Bytes transparency;  // where there is such a chunk
  };
  const Bytes five = {5, 5, 5};
  const std::vector<Case> cases = {
      {{.width = 2, .colour = kGray, .rows = {0, 22, 200}}, {22, 200}, {5}, {0, 9}, {0, 22}},
      {{.width = 2, .colour = kGrayAlpha, .rows = {0, 22, 0, 200, 128}},
       {22, 200},
       {5, 5},
       {0, 9},
       {}},
      {{.colour = kRgb, .rows = {0, 22, 84, 200}},
       {22, 84, 200},
       five,
       {0, 9, 0, 9, 0, 9},
       {0, 22, 0, 84, 0, 200}},
      {{.colour = kRgba, .rows = {0, 22, 84, 200, 1}},
       {22, 84, 200},
       {5, 5, 5, 5},
       {0, 9, 0, 9, 0, 9},
       {}},
      {{.width = 2, .colour = kPalette, .rows = {0, 1, 2}, .chunks = {kThreeColours}},
       {0, 255, 7, 90, 90, 90},
       five,
       {1},
       {0, 128, 0}},
  };
  for (const Case& of : cases) {
    std::vector<Bytes> before = {chunk("cHRM", Bytes(32, 1)), chunk("sRGB", {0}),
                                 chunk("cICP", {9, 16, 0, 1}), chunk("iCCP", {'a', 0, 0, 1, 2, 3}),
                                 chunk("sBIT", of.significant_bits)};
    for (const std::size_t gamma : {1u, 22000u, 45455u, 55556u, 100000u, 220000u}) {
      before.push_back(chunk("gAMA", four(gamma)));
    }
    std::vector<Bytes> after = {chunk("bKGD", of.background)};
    if (!of.transparency.empty()) after.push_back(chunk("tRNS", of.transparency));
    const auto expect_read = [&](const std::vector<Bytes>& first, const std::vector<Bytes>& last) {
      PngFile file = of.file;
      file.chunks.insert(file.chunks.begin(), first.begin(), first.end());
      file.chunks.insert(file.chunks.end(), last.begin(), last.end());
      EXPECT_EQ(pixels_of(file), of.pixels) << "colour " << int{file.colour};
    };
    for (const Bytes& one : before) expect_read({one}, {});
    for (const Bytes& one : after) expect_read({}, {one});
    before.erase(before.begin() + 5, before.end() - 1);  // one gAMA
    expect_read(before, after);
  }
}

TEST_F(Png, OfFewerBitsIsStretchedToEight) {
  EXPECT_EQ(pixels_of({.width = 3, .depth = 1, .rows = {0, 0b1010'0000}}), (Bytes{255, 0, 255}));
  EXPECT_EQ(pixels_of({.width = 4, .depth = 2, .rows = {0, 0b0001'1011}}),
            (Bytes{0, 85, 170, 255}));
  EXPECT_EQ(pixels_of({.width = 3, .depth = 4, .rows = {0, 0x1e, 0xf0}}), (Bytes{17, 238, 255}));
}

TEST_F(Png, OfAPaletteIsReadInColourWhateverItsDepth) {
  const Bytes expected = {0, 255, 7, 10, 20, 30, 90, 90, 90};
  const auto read = [&](std::uint8_t depth, const Bytes& rows) {
    return pixels_of(
        {.width = 3, .colour = kPalette, .depth = depth, .rows = rows, .chunks = {kThreeColours}});
  };
  EXPECT_EQ(read(2, {0, 0b0100'1000}), expected);
  EXPECT_EQ(read(4, {0, 0x10, 0x20}), expected);
  EXPECT_EQ(read(8, {0, 1, 0, 2}), expected);
  const PngFile two = {.width = 2,
                       .colour = kPalette,
                       .depth = 1,
                       .rows = {0, 0b0100'0000},
                       .chunks = {chunk("PLTE", {9, 9, 9, 3, 2, 1})}};
  EXPECT_EQ(pixels_of(two), (Bytes{9, 9, 9, 3, 2, 1}));
  EXPECT_EQ(read_png(path_).channels, 3);
  EXPECT_EQ(read_png_header(path_).channels, 3);
}

TEST_F(Png, ThatIsInterlacedIsReadInItsOrder) {
  // Of 2 × 2 pixels Adam7 has the first, then its neighbour, then the second row.
  EXPECT_EQ(pixels_of({.width = 2,
                       .height = 2,
                       .rows = {0, 11, 0, 12, 0, 21, 22},
                       .chunks = {chunk("gAMA", four(100000))},
                       .interlaced = 1}),
            (Bytes{11, 12, 21, 22}));
}

TEST_F(Png, IsRefusedWithAColourBeyondItsPalette) {
  PngFile file = {.width = 2, .colour = kPalette, .rows = {0, 2, 3}, .chunks = {kThreeColours}};
  expect_refused("got colour 3 of a palette of 3, counted from 0", file.bytes());
  file.depth = 2;
  file.rows = {0, 0b1011'0000};
  expect_refused("got colour 3 of a palette of 3", file.bytes());
  file.chunks = {};
  expect_refused("not a valid PNG file", file.bytes());
}

TEST_F(Png, IsRefusedWithFewerRowsThanItsHeaderSays) {
  for (const Bytes& rows : {Bytes{}, Bytes{0, 1, 2}, Bytes{0, 1, 2, 0, 3}}) {
    expect_refused("the PNG data are damaged",
                   PngFile{.width = 2, .height = 2, .rows = rows, .behind = {0, 3, 4}}.bytes());
  }
}

TEST_F(Png, IsReadWithoutWhatFollowsItsLastRow) {
  for (const Bytes& more : {Bytes{}, Bytes{0}, Bytes{0, 5, 6}, Bytes(5000, 7)}) {
    for (const Bytes& behind : {Bytes{}, Bytes{9}, Bytes(5000, 9)}) {
      EXPECT_EQ(pixels_of({.width = 2,
                           .height = 2,
                           .rows = joined({{0, 1, 2, 0, 3, 4}, more}),
                           .behind = behind}),
                (Bytes{1, 2, 3, 4}))
          << more.size() << " bytes more, " << behind.size() << " behind";
    }
  }
}

TEST_F(Png, IsRefusedWhereItsSamplesAreDamagedAndReadWhereOtherThingsAre) {
  const PngFile file = {.width = 2,
                        .colour = kPalette,
                        .rows = {0, 1, 2},
                        .chunks = {kThreeColours, chunk("tEXt", {'a', 0, 'b'})}};
  for (const std::string name : {"IHDR", "PLTE", "IDAT", "IEND"}) {
    Bytes bytes = file.bytes();
    const auto place = std::ranges::search(bytes, name).end();
    *place ^= 1;
    folder_.write("image.png", bytes);
    EXPECT_THROW(read_png(path_), Error) << name;
  }
  Bytes bytes = file.bytes();
  *std::ranges::search(bytes, std::string("tEXt")).end() ^= 1;
  folder_.write("image.png", bytes);
  EXPECT_EQ(read_png(path_).pixels, (Bytes{0, 255, 7, 90, 90, 90}));
}

TEST_F(Png, IsRefusedBeforeMemoryIsTakenForMoreThanItsBytesCouldHold) {
  const PngFile file = {.width = 16384, .height = 16384, .colour = kRgb, .rows = {0, 1, 2, 3}};
  expect_refused("too few for 16384×16384 pixels", file.bytes());
  // Nothing packs better than rows that are all the same.
  const PngFile black = {.width = 4096, .height = 4096, .depth = 1, .rows = Bytes(4096 * 513)};
  EXPECT_EQ(pixels_of(black), Bytes(4096 * 4096));
}

TEST_F(Png, TellsItsSizeAndChannelsByItsHeader) {
  write_png(path_, ramp(7, 13));
  EXPECT_EQ(read_png_header(path_).height, 7);
  EXPECT_EQ(read_png_header(path_).width, 13);
  EXPECT_EQ(read_png_header(path_).channels, 1);
  folder_.write("image.png", {0x89, 'P', 'N', 'G'});
  expect_error(ErrorKind::kData, "image.png: not a valid PNG", [&] { read_png_header(path_); });
  Bytes absurd = {0x89, 'P', 'N', 'G',  13, 10, 26, 10,   0, 0, 0, 13, 'I',
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
