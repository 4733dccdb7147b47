#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace spvae {

/// An 8-bit gray picture: [height, width], 0 black, 255 white.
struct GrayImage {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> pixels;

  friend bool operator==(const GrayImage&, const GrayImage&) = default;
};

/// Writes a picture of at least one pixel. Errors as write_file_atomically.
void write_png(const std::filesystem::path& path, const GrayImage& image);

/// Reads a gray PNG of at most 8 bits per pixel and 2^28 pixels. Errors as read_file, and
/// Error(kData) for anything else: another format, colour, an alpha channel, 16 bits, damage.
GrayImage read_png(const std::filesystem::path& path);

}  // namespace spvae
