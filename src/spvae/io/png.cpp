#include "spvae/io/png.h"

#include <png.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <csetjmp>
#include <cstddef>
#include <cstring>
#include <new>
#include <type_traits>

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

// What the simplified writer holds for a picture, released however the function is left.
struct PngImage : png_image {
  PngImage() : png_image{} { version = PNG_IMAGE_VERSION; }
  PngImage(const PngImage&) = delete;
  PngImage& operator=(const PngImage&) = delete;
  ~PngImage() { png_image_free(this); }
};

// A file in memory, on its way through libpng.
struct Input {
  std::string_view unread;
  std::array<char, 100> fault{};  ///< libpng's words
};

void take_bytes(png_structp png, png_bytep out, std::size_t count) {
  auto& input = *static_cast<Input*>(png_get_io_ptr(png));
  if (count > input.unread.size()) png_error(png, "it is truncated");
  std::memcpy(out, input.unread.data(), count);
  input.unread.remove_prefix(count);
}

[[noreturn]] void note_fault(png_structp png, png_const_charp words) {
  auto& input = *static_cast<Input*>(png_get_error_ptr(png));
  std::strncpy(input.fault.data(), words, input.fault.size() - 1);
  png_longjmp(png, 1);
}

void ignore_warning(png_structp, png_const_charp) {}

// At a fault, libpng leaves its functions by a jump that runs no destructors: so `step` and what it
// calls own nothing. False if there was a fault.
template <class Step>
bool succeeds(png_structp png, const Step& step) {
  static_assert(std::is_trivially_destructible_v<Step>);
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  step();
  return true;
}

/// Decodes a PNG in memory. Its samples are what the file holds: no chunk that would have them
/// shown otherwise is looked at. libpng's simplified reader cannot be told so.
class Decoder {
 public:
  explicit Decoder(std::string_view bytes) : input_{.unread = bytes} {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &input_, note_fault, ignore_warning);
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
  }
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;
  ~Decoder() { png_destroy_read_struct(&png_, &info_, nullptr); }

  /// To be called first; false if there was a fault.
  bool read_header() {
    return succeeds(png_, [this] {
      static constexpr std::array<png_byte, 5> kTransparency = {'t', 'R', 'N', 'S', 0};
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, nullptr, -1);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kTransparency.data(), 1);
      png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
      png_set_read_fn(png_, &input_, take_bytes);
      png_read_info(png_, info_);
    });
  }

  std::uint32_t height() const { return png_get_image_height(png_, info_); }
  std::uint32_t width() const { return png_get_image_width(png_, info_); }
  unsigned bit_depth() const { return png_get_bit_depth(png_, info_); }
  bool has_palette() const { return png_get_color_type(png_, info_) == PNG_COLOR_TYPE_PALETTE; }
  unsigned bits_per_pixel() const { return png_get_channels(png_, info_) * bit_depth(); }

  /// Of what read_samples gives.
  std::size_t channels() const {
    return has_palette() || (png_get_color_type(png_, info_) & PNG_COLOR_MASK_COLOR) == 0 ? 1 : 3;
  }

  /// Sets `samples`, [height, width, channels]: gray stretched to 8 bits, colours, or indices of
  /// the palette. False if there was a fault.
  bool read_samples(std::vector<std::uint8_t>& samples) {
    const std::size_t row_bytes = width() * channels();
    samples.resize(height() * row_bytes);
    return succeeds(png_, [&] {
      if (has_palette()) {
        png_set_packing(png_);
      } else {
        png_set_expand_gray_1_2_4_to_8(png_);
      }
      png_set_strip_alpha(png_);
      const int passes = png_set_interlace_handling(png_);
      png_read_update_info(png_, info_);
      if (png_get_rowbytes(png_, info_) != row_bytes) png_error(png_, "its rows have another size");
      for (int pass = 0; pass < passes; ++pass) {
        for (std::uint8_t* row = samples.data(); row != samples.data() + samples.size();
             row += row_bytes) {
          png_read_row(png_, row, nullptr);
        }
      }
      png_read_end(png_, nullptr);
    });
  }

  std::span<const png_color> palette() const {
    png_colorp colours = nullptr;
    int count = 0;
    png_get_PLTE(png_, info_, &colours, &count);
    return {colours, static_cast<std::size_t>(count)};
  }

  /// What it is, after a fault.
  const char* fault() const { return input_.fault.data(); }

 private:
  Input input_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

void check_pixels(const std::filesystem::path& path, std::uint64_t height, std::uint64_t width) {
  if (height * width <= kMaxPixels) return;
  fail(ErrorKind::kData, "{}: absurd size: got {}×{} pixels, expected at most {}", path.string(),
       height, width, kMaxPixels);
}

[[noreturn]] void fail_damaged(const std::filesystem::path& path, const std::string& what) {
  fail(ErrorKind::kData, "{}: the PNG data are damaged ({})", path.string(), what);
}

/// All that can be told before memory is taken for the pixels.
void check_header(const std::filesystem::path& path, const std::string& bytes, const Decoder& png) {
  if (png.bit_depth() == 16) {
    fail(ErrorKind::kData, "{}: got a PNG of 16 bits a channel, expected at most 8; convert it",
         path.string());
  }
  const std::uint64_t pixels = std::uint64_t{png.height()} * png.width();
  check_pixels(path, png.height(), png.width());
  if (!bytes.ends_with(kEnd)) {
    fail(ErrorKind::kData, "{}: truncated, or followed by other bytes: expected a PNG's last chunk",
         path.string());
  }
  constexpr std::uint64_t kMostUnpacked = 1032;  // bytes from one: zlib packs no more tightly
  if (pixels * png.bits_per_pixel() / 8 > kMostUnpacked * bytes.size()) {
    fail_damaged(path, fmt::format("too few for {}×{} pixels", png.height(), png.width()));
  }
}

std::vector<std::uint8_t> colours_of(const std::filesystem::path& path,
                                     const std::vector<std::uint8_t>& indices,
                                     std::span<const png_color> palette) {
  std::vector<std::uint8_t> colours;
  colours.reserve(3 * indices.size());
  for (const std::uint8_t index : indices) {
    if (index >= palette.size()) {
      fail_damaged(path, fmt::format("got colour {} of a palette of {}, counted from 0", index,
                                     palette.size()));
    }
    const png_color& colour = palette[index];
    colours.insert(colours.end(), {colour.red, colour.green, colour.blue});
  }
  return colours;
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
  refuse_irregular_file(path, "a PNG file");
  const std::string bytes = read_file(path);
  Decoder png(bytes);
  if (!png.read_header()) {
    fail(ErrorKind::kData, "{}: not a valid PNG file ({})", path.string(), png.fault());
  }
  check_header(path, bytes, png);
  Picture picture{.height = static_cast<int>(png.height()),
                  .width = static_cast<int>(png.width()),
                  .channels = static_cast<int>(png.channels())};
  if (!png.read_samples(picture.pixels)) fail_damaged(path, png.fault());
  if (png.has_palette()) {
    picture.pixels = colours_of(path, picture.pixels, png.palette());
    picture.channels = 3;
  }
  return picture;
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
