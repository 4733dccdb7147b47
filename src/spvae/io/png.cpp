#include "spvae/io/png.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/byte_reader.h"
#include "spvae/io/file.h"

namespace spvae {
namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMaxPixels = std::uint64_t{1} << 28;

// The last chunk: length 0, name, checksum.
constexpr std::string_view kEnd = "\0\0\0\0IEND\xae\x42\x60\x82"sv;

// Releases what libpng holds for a picture, however the function is left.
struct PngImage : png_image {
  PngImage() : png_image{} { version = PNG_IMAGE_VERSION; }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  ~PngImage() { png_image_free(this); }
};

void check_pixels(const std::filesystem::path& path, std::uint64_t height, std::uint64_t width) {
  if (height * width <= kMaxPixels) return;
  fail(ErrorKind::kData, "{}: absurd size: got {}×{} pixels, expected at most {}", path.string(),
       height, width, kMaxPixels);
}

/// Reads the header of a PNG that `bytes` hold.
void begin_read(const std::filesystem::path& path, const std::string& bytes, PngImage& png) {
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    fail(ErrorKind::kData, "{}: not a valid PNG file ({})", path.string(), png.message);
  }
}

/// The pixels in png.format, rows one after the other.
std::vector<std::uint8_t> finish_read(const std::filesystem::path& path, const std::string& bytes,
                                      PngImage& png) {
  check_pixels(path, png.height, png.width);
  if (!bytes.ends_with(kEnd)) {
    fail(ErrorKind::kData, "{}: truncated, or followed by other bytes: expected a PNG's last chunk",
         path.string());
  }
  std::vector<std::uint8_t> pixels(std::size_t{png.height} * png.width *
                                   PNG_IMAGE_SAMPLE_CHANNELS(png.format));
  if (png_image_finish_read(&png, nullptr, pixels.data(), 0, nullptr) == 0) {
    fail(ErrorKind::kData, "{}: the PNG data are damaged ({})", path.string(), png.message);
  }
  return pixels;
}

/// Without the last of each pixel's `channels`.
std::vector<std::uint8_t> without_alpha(const std::vector<std::uint8_t>& pixels,
                                        std::size_t channels) {
  std::vector<std::uint8_t> kept;
  kept.reserve(pixels.size() / channels * (channels - 1));
  for (std::size_t i = 0; i < pixels.size(); ++i) {
    if (i % channels != channels - 1) kept.push_back(pixels[i]);
  }
  return kept;
}

std::uint64_t big_endian(std::span<const std::uint8_t> bytes) {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : bytes) value = value << 8 | byte;
  return value;
}

}  // namespace

std::string encode_png(const Picture& picture) {
  assert(picture.height >= 1 && picture.width >= 1);
  assert(picture.channels == 1 || picture.channels == 3);
  assert(picture.pixels.size() == static_cast<std::size_t>(picture.height) *
                                      static_cast<std::size_t>(picture.width) *
                                      static_cast<std::size_t>(picture.channels));
  PngImage png;
  png.width = static_cast<png_uint_32>(picture.width);
  png.height = static_cast<png_uint_32>(picture.height);
  png.format = picture.channels == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr) ==
      0) {
    fail(ErrorKind::kCannotCreate, "a picture of {}×{} pixels cannot be encoded as PNG ({})",
         picture.height, picture.width, png.message);
  }
  bytes.resize(size);
  return bytes;
}

void write_png(const std::filesystem::path& path, const Picture& picture) {
  write_file_atomically(path, encode_png(picture));
}

Picture read_png(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  PngImage png;
  begin_read(path, bytes, png);
  if ((png.format & PNG_FORMAT_FLAG_LINEAR) != 0) {
    fail(ErrorKind::kData, "{}: got a PNG of 16 bits a channel, expected at most 8; convert it",
         path.string());
  }
  // libpng would lay a picture over a background to be rid of its alpha.
  const bool has_alpha = (png.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  png.format &= PNG_FORMAT_FLAG_COLOR | PNG_FORMAT_FLAG_ALPHA;
  const std::size_t channels = PNG_IMAGE_SAMPLE_CHANNELS(png.format);
  std::vector<std::uint8_t> pixels = finish_read(path, bytes, png);
  if (has_alpha) pixels = without_alpha(pixels, channels);
  return {.height = static_cast<int>(png.height),
          .width = static_cast<int>(png.width),
          .channels = static_cast<int>(channels) - (has_alpha ? 1 : 0),
          .pixels = std::move(pixels)};
}

PngHeader read_png_header(const std::filesystem::path& path) {
  static constexpr std::array<std::uint8_t, 16> kStart = {0x89, 'P', 'N', 'G', 13,  10,  26,  10,
                                                          0,    0,   0,   13,  'I', 'H', 'D', 'R'};
  ByteReader reader(path, "a PNG file");
  std::array<std::uint8_t, 26> header{};
  const std::span bytes(header);
  if (reader.read(bytes) < header.size() || !std::ranges::equal(bytes.first(16), kStart)) {
    fail(ErrorKind::kData, "{}: not a valid PNG file (its header is another)", path.string());
  }
  const std::uint64_t width = big_endian(bytes.subspan(16, 4));
  const std::uint64_t height = big_endian(bytes.subspan(20, 4));
  check_pixels(path, height, width);
  if (height == 0 || width == 0) {
    fail(ErrorKind::kData, "{}: not a valid PNG file (it has no pixels)", path.string());
  }
  constexpr std::uint8_t kColour = 2;  // a flag of the type of colour; palettes have it too
  return {.height = static_cast<int>(height),
          .width = static_cast<int>(width),
          .channels = (header[25] & kColour) != 0 ? 3 : 1};
}

}  // namespace spvae
