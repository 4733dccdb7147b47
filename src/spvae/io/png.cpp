#include "spvae/io/png.h"

#include <png.h>

#include <cassert>
#include <cstddef>
#include <string>
#include <string_view>

#include "spvae/core/error.h"
#include "spvae/io/atomic_file.h"
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

}  // namespace

void write_png(const std::filesystem::path& path, const GrayImage& image) {
  assert(image.height >= 1 && image.width >= 1);
  assert(image.pixels.size() ==
         static_cast<std::size_t>(image.height) * static_cast<std::size_t>(image.width));
  PngImage png;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_GRAY;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(png);
  std::string bytes(size, '\0');
  if (png_image_write_to_memory(&png, bytes.data(), &size, 0, image.pixels.data(), 0, nullptr) ==
      0) {
    fail(ErrorKind::kCannotCreate, "{}: a picture of {}×{} pixels cannot be encoded ({})",
         path.string(), image.height, image.width, png.message);
  }
  bytes.resize(size);
  write_file_atomically(path, bytes);
}

GrayImage read_png(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  PngImage png;
  if (png_image_begin_read_from_memory(&png, bytes.data(), bytes.size()) == 0) {
    fail(ErrorKind::kData, "{}: not a valid PNG file ({})", path.string(), png.message);
  }
  if (png.format != PNG_FORMAT_GRAY) {
    fail(ErrorKind::kData, "{}: got a PNG with colour, alpha or 16 bits, expected 8-bit gray",
         path.string());
  }
  if (std::uint64_t{png.height} * png.width > kMaxPixels) {
    fail(ErrorKind::kData, "{}: absurd size: got {}×{} pixels, expected at most {}", path.string(),
         png.height, png.width, kMaxPixels);
  }
  if (!bytes.ends_with(kEnd)) {
    fail(ErrorKind::kData, "{}: truncated, or followed by other bytes: expected a PNG's last chunk",
         path.string());
  }
  GrayImage image{.height = static_cast<int>(png.height),
                  .width = static_cast<int>(png.width),
                  .pixels = std::vector<std::uint8_t>(std::size_t{png.height} * png.width)};
  if (png_image_finish_read(&png, nullptr, image.pixels.data(), 0, nullptr) == 0) {
    fail(ErrorKind::kData, "{}: the PNG data are damaged ({})", path.string(), png.message);
  }
  return image;
}

}  // namespace spvae
