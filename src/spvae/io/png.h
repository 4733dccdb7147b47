#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace spvae {

/// An 8-bit picture in gray or colour.
struct Picture {
  int height = 0;
  int width = 0;
  int channels = 1;                       ///< 1: gray, 0 black, 255 white; 3: red, green, blue
  std::vector<std::uint8_t> pixels = {};  ///< [height, width, channels]

  friend bool operator==(const Picture&, const Picture&) = default;
};

/// The bytes of a picture's PNG file; it has at least one pixel. Error(kCannotCreate) if libpng
/// cannot encode it, for want of memory or beyond its sizes.
std::string encode_png(const Picture& picture);

/// Writes a picture of at least one pixel. Errors as encode_png and write_file_atomically.
void write_png(const std::filesystem::path& path, const Picture& picture);

/// Reads a PNG of gray, colour or palette, of at most 8 bits a channel and 2^28 pixels. Samples are
/// what the file holds, whatever it says of gamma, colour spaces, background and transparency:
/// alpha is left out, gray of b bits is v·255/(2^b − 1), a palette is in colour. Its
/// data may go on behind the last row. Errors as refuse_irregular_file and read_file, and
/// Error(kData) for anything else: another format, 16 bits, a colour beyond the
/// palette, damage of what holds the samples, less of it than the size takes.
Picture read_png(const std::filesystem::path& path);

/// What the header of a PNG file says.
struct PngHeader {
  int height = 0;
  int width = 0;
  int channels = 1;  ///< as read_png gives them
};

/// The header alone. Errors as ByteReader; Error(kData) for what is no PNG, and for more than 2^28
/// pixels.
PngHeader read_png_header(const std::filesystem::path& path);

}  // namespace spvae
