#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace spvae {

/// An 8-bit gray picture: [height, width], 0 black, 255 white.
struct GrayImage {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;

  friend bool operator==(const GrayImage&, const GrayImage&) = default;
};

/// The bytes of a picture's PNG file; it has at least one pixel. Error(kCannotCreate) if libpng
/// cannot encode it, for want of memory or beyond its sizes.
std::string encode_png(const GrayImage& image);

/// Writes a picture of at least one pixel. Errors as encode_png and write_file_atomically.
void write_png(const std::filesystem::path& path, const GrayImage& image);

/// Reads a gray PNG of at most 8 bits per pixel and 2^28 pixels. Errors as read_file, and
/// Error(kData) for anything else: another format, colour, an alpha channel, 16 bits, damage.
GrayImage read_png(const std::filesystem::path& path);

/// An 8-bit picture in gray or colour: [height, width, channels], channels 1, or 3 (red, green,
/// blue).
struct PngPixels {
  int height = 0;
  int width = 0;
  int channels = 1;
  std::vector<std::uint8_t> pixels;
};

/// Reads a PNG of gray, colour or palette, of at most 8 bits a channel; alpha is left out, without
/// a background. Errors as read_png, but not for colour or alpha.
PngPixels read_png_pixels(const std::filesystem::path& path);

struct PngSize {
  int height = 0;
  int width = 0;
};

/// The size alone, from the header. Errors as ByteReader; Error(kData) for what is no PNG, and for
/// more than 2^28 pixels.
PngSize read_png_size(const std::filesystem::path& path);

}  // namespace spvae
