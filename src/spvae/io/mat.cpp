#include "spvae/io/mat.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/io/byte_reader.h"
#include "spvae/io/inflater.h"

namespace spvae {
namespace {

// Of the MAT-file format, version 5. Types of elements:
constexpr std::uint32_t kInt8 = 1;
constexpr std::uint32_t kUint8 = 2;
constexpr std::uint32_t kInt32 = 5;
constexpr std::uint32_t kUint32 = 6;
constexpr std::uint32_t kMatrix = 14;
constexpr std::uint32_t kCompressed = 15;
// Classes of arrays, and flags.
constexpr std::uint32_t kUint8Class = 9;
constexpr std::array kClassNames = {"class 0", "cell",   "struct", "object", "char",  "sparse",
                                    "double",  "single", "int8",   "uint8",  "int16", "uint16",
                                    "int32",   "uint32", "int64",  "uint64"};
constexpr std::uint32_t kComplex = 0x0800;
constexpr std::uint32_t kLogical = 0x0200;

constexpr std::size_t kHeaderSize = 128;
constexpr std::size_t kMaxRank = 32;
constexpr std::size_t kMaxNameSize = 64;
constexpr std::size_t kMostNames = 8;  // in a message
constexpr const char* kWanted = "a MATLAB v5 file";

std::uint32_t little_endian(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

/// To the next multiple of 8.
std::uint64_t padded(std::uint64_t size) { return (size + 7) / 8 * 8; }

/// What stands before the data of an element, or of a part of an array.
struct Tag {
  std::uint32_t type = 0;
  std::uint32_t size = 0;
  bool is_small = false;  ///< the data, of at most 4 bytes, stand in the tag itself
  std::array<std::uint8_t, 4> small_data{};
};

Tag parse_tag(std::span<const std::uint8_t, 8> bytes) {
  const std::uint32_t first = little_endian(bytes.data());
  if (first >> 16 == 0) return {.type = first, .size = little_endian(bytes.data() + 4)};
  Tag tag{.type = first & 0xffff, .size = first >> 16, .is_small = true};
  std::copy_n(bytes.data() + 4, 4, tag.small_data.begin());
  return tag;
}

/// The bytes of one element of a file, unpacked if they are zlib data. Never reads beyond it.
class ElementReader {
 public:
  ElementReader(ByteReader& file, const Tag& tag) : file_(file), left_in_file_(tag.size) {
    if (tag.type == kCompressed) inflater_.emplace(detail::Inflater::Format::kZlib);
  }

  void read(std::span<std::uint8_t> out) {
    const std::size_t got = inflater_ ? read_packed(out) : read_plain(out);
    if (got < out.size()) {
      fail(ErrorKind::kData, "{}: truncated: an array ends before its last value; fetch it again",
           file_.name());
    }
  }

  void skip(std::uint64_t size) {
    std::array<std::uint8_t, 1024> ignored;
    while (size > 0) {
      const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(size, ignored.size()));
      read(std::span(ignored).first(part));
      size -= part;
    }
  }

  /// Error(kData) unless all has been read, zlib's check sum included.
  void expect_end() {
    std::uint8_t beyond = 0;
    const std::size_t got = inflater_ ? read_packed({&beyond, 1}) : read_plain({&beyond, 1});
    if (got == 0 && (!inflater_ || ended_)) return;
    fail(ErrorKind::kData, "{}: {}; fetch it again", file_.name(),
         got > 0 ? "trailing bytes: an array goes on behind its last value"
                 : "truncated: an array's zlib data do not reach their end");
  }

  /// Passes over what is left of the element in the file. False if the file ends before that.
  bool leave() {
    std::array<std::uint8_t, 4096> ignored;
    while (left_in_file_ > 0) {
      if (read_file(ignored) == 0) return false;
    }
    return true;
  }

 private:
  std::size_t read_file(std::span<std::uint8_t> out) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(out.size(), left_in_file_));
    const std::size_t got = file_.read(out.first(most));
    left_in_file_ -= got;
    return got;
  }

  std::size_t read_plain(std::span<std::uint8_t> out) { return read_file(out); }

  std::size_t read_packed(std::span<std::uint8_t> out) {
    std::span<std::uint8_t> room = out;
    while (!room.empty() && !ended_) {
      if (packed_.empty()) packed_ = std::span(block_).first(read_file(block_));
      if (packed_.empty()) break;
      switch (inflater_->unpack(packed_, room)) {
        case detail::Inflater::Status::kGoesOn:
          break;
        case detail::Inflater::Status::kEnded:
          ended_ = true;
          break;
        case detail::Inflater::Status::kDamaged:
          fail(ErrorKind::kData, "{}: an array's zlib data are damaged ({}); fetch it again",
               file_.name(), inflater_->fault());
      }
    }
    return out.size() - room.size();
  }

  ByteReader& file_;
  std::uint64_t left_in_file_;
  std::optional<detail::Inflater> inflater_;  ///< of zlib data
  std::array<std::uint8_t, 1 << 14> block_;
  std::span<const std::uint8_t> packed_;  ///< of block_
  bool ended_ = false;                    ///< the zlib data
};

[[noreturn]] void fail_damaged(const ByteReader& file, std::string_view what) {
  fail(ErrorKind::kData, "{}: damaged: {}; fetch it again", file.name(), what);
}

/// The header of an array, and its parts one after the other.
class ArrayReader {
 public:
  /// Reads the header. `element` is positioned behind the tag of a matrix of `size` bytes.
  ArrayReader(const ByteReader& file, ElementReader& element, std::uint64_t size)
      : file_(file), element_(element), left_(size) {
    std::array<std::uint8_t, 8> flags{};
    if (read_part(kUint32, "flags", flags) != flags.size()) fail_damaged(file_, "an array's flags");
    flags_ = little_endian(flags.data());
    std::array<std::uint8_t, 4 * kMaxRank> shape{};
    const std::size_t shape_size = read_part(kInt32, "shape", shape);
    for (std::size_t at = 0; at + 4 <= std::min(shape_size, shape.size()); at += 4) {
      shape_.push_back(static_cast<std::int32_t>(little_endian(&shape[at])));
    }
    std::array<std::uint8_t, kMaxNameSize> name{};
    const std::size_t name_size = read_part(kInt8, "name", name);
    name_.assign(name.begin(),
                 name.begin() + static_cast<std::ptrdiff_t>(std::min(name_size, name.size())));
    // It goes into messages, and those to terminals.
    std::ranges::replace_if(name_, [](char c) { return c < ' ' || c > '~'; }, '?');
  }

  /// Of it no more than kMaxNameSize characters; those that are not printable ASCII became '?'.
  const std::string& name() const { return name_; }

  /// Checks that this is what is wanted, up to its values, which are to be read next; returns N.
  std::uint32_t check_images() {
    const std::uint32_t of_class = flags_ & 0xff;
    const bool is_plain_uint8 = of_class == kUint8Class && (flags_ & (kComplex | kLogical)) == 0;
    const bool has_shape = shape_.size() == 4 && shape_[0] == kPlaneSide &&
                           shape_[1] == kPlaneSide && shape_[2] == 3 && shape_[3] > 0;
    if (!is_plain_uint8 || !has_shape) {
      fail(
          ErrorKind::kData,
          "{}: array X: got {}{} of shape {}, expected uint8 of shape 32 x 32 x 3 x N; give one of "
          "SVHN's cropped digits",
          file_.name(),
          (flags_ & kComplex) != 0   ? "complex "
          : (flags_ & kLogical) != 0 ? "logical "
                                     : "",
          of_class < kClassNames.size() ? kClassNames[of_class] : "another class",
          fmt::join(shape_, " x "));
    }
    const auto count = static_cast<std::uint32_t>(shape_[3]);
    const Tag values = read_tag();
    if (values.type != kUint8 || values.is_small ||
        values.size != std::uint64_t{count} * kPlanesSize || values.size > left_) {
      fail_damaged(
          file_, fmt::format("array X: the values are {} bytes of type {}, expected {} "
                             "of type {}",
                             values.size, values.type, std::uint64_t{count} * kPlanesSize, kUint8));
    }
    left_ -= values.size;
    return count;
  }

  /// After all values: nothing may follow in the array.
  void expect_end() {
    element_.skip(left_ < 8 ? left_ : 0);  // padding
    if (left_ >= 8) fail_damaged(file_, "array X is larger than its values");
    element_.expect_end();
  }

 private:
  Tag read_tag() {
    std::array<std::uint8_t, 8> bytes{};
    if (left_ < bytes.size()) fail_damaged(file_, "an array's header");
    element_.read(bytes);
    left_ -= bytes.size();
    return parse_tag(bytes);
  }

  /// Reads as much of a part as `out` has room for, passes over the rest, returns its whole size.
  std::size_t read_part(std::uint32_t type, std::string_view what, std::span<std::uint8_t> out) {
    const Tag tag = read_tag();
    if (tag.type != type) fail_damaged(file_, fmt::format("an array's {}", what));
    if (tag.is_small) {
      if (tag.size > tag.small_data.size()) fail_damaged(file_, fmt::format("an array's {}", what));
      std::copy_n(tag.small_data.begin(), std::min<std::size_t>(tag.size, out.size()), out.begin());
      return tag.size;
    }
    const std::uint64_t whole = padded(tag.size);
    if (whole > left_) fail_damaged(file_, fmt::format("an array's {}", what));
    left_ -= whole;
    const std::size_t part = std::min<std::size_t>(tag.size, out.size());
    element_.read(out.first(part));
    element_.skip(whole - part);
    return tag.size;
  }

  const ByteReader& file_;
  ElementReader& element_;
  std::uint64_t left_;  ///< bytes of the array that were not read yet
  std::uint32_t flags_ = 0;
  std::vector<std::int32_t> shape_;
  std::string name_;
};

void read_header(ByteReader& file) {
  std::array<std::uint8_t, kHeaderSize> header{};
  const std::size_t got = file.read(header);
  const std::string_view text(reinterpret_cast<const char*>(header.data()), header.size());
  const std::string_view byte_order = text.substr(126, 2);
  const std::uint32_t version = little_endian(&header[124]) & 0xffff;
  if (text.starts_with("\x89HDF") || text.starts_with("MATLAB 7.3")) {
    fail(ErrorKind::kData,
         "{}: got a MATLAB v7.3 file (HDF5), expected {}; save it with the option -v7", file.name(),
         kWanted);
  }
  if (got < header.size() && text.starts_with("MATLAB")) {
    fail(ErrorKind::kData, "{}: truncated: got {} {}, expected a header of {}; fetch it again",
         file.name(), got, file.unit(), header.size());
  }
  if (byte_order == "MI") {
    fail(ErrorKind::kData,
         "{}: got a big-endian MATLAB file, expected a little-endian one; save it on another "
         "machine",
         file.name());
  }
  if (byte_order != "IM" || version != 0x0100) {
    fail(ErrorKind::kData, "{}: not a MATLAB v5 file; give one of SVHN's cropped digits",
         file.name());
  }
}

/// Finds X and does `use(array, element, end)` with it, `end` as MatImages has it.
template <class Use>
void with_images(ByteReader& file, const Use& use) {
  read_header(file);
  std::vector<std::string> others;
  for (std::uint64_t end = kHeaderSize;;) {
    std::array<std::uint8_t, 8> bytes{};
    const std::size_t got = file.read(bytes);
    if (got == 0) break;
    Tag tag = parse_tag(bytes);
    if (got < bytes.size() || tag.is_small || (tag.type != kMatrix && tag.type != kCompressed)) {
      fail_damaged(file, fmt::format("an element of type {}, expected an array", tag.type));
    }
    end += bytes.size() + tag.size;
    ElementReader element(file, tag);
    Tag matrix = tag;
    if (tag.type == kCompressed) {
      element.read(bytes);
      matrix = parse_tag(bytes);
      if (matrix.type != kMatrix || matrix.is_small) fail_damaged(file, "a packed element");
    }
    ArrayReader array(file, element, matrix.size);
    if (array.name() == "X") return use(array, element, end);
    if (others.size() < kMostNames) others.push_back(array.name());
    if (!element.leave()) {
      fail(ErrorKind::kData, "{}: truncated within array {}; fetch it again", file.name(),
           array.name());
    }
  }
  file.expect_end("all arrays");
  fail(ErrorKind::kData, "{}: holds no array X{}{}; give one of SVHN's cropped digits", file.name(),
       others.empty() ? "" : ", but ", fmt::join(others, ", "));
}

}  // namespace

MatImages read_mat_images(const std::filesystem::path& path) {
  ByteReader file(path, kWanted);
  MatImages images;
  with_images(file, [&images](ArrayReader& array, ElementReader&, std::uint64_t end) {
    images = {.count = array.check_images(), .end = end};
  });
  return images;
}

void read_mat(const std::filesystem::path& path, std::uint32_t count, const TakePlanes& take) {
  ByteReader file(path, kWanted);
  with_images(file, [&](ArrayReader& array, ElementReader& element, std::uint64_t) {
    const std::uint32_t all = array.check_images();
    if (all < count) {
      fail(ErrorKind::kData, "{}: got {} images, expected at least {}; fetch it again", file.name(),
           all, count);
    }
    std::array<std::uint8_t, kPlanesSize> column_major{};
    std::array<std::uint8_t, kPlanesSize> row_major{};
    for (std::uint32_t i = 0; i < count; ++i) {
      element.read(column_major);
      for (std::size_t plane = 0; plane < kPlanesSize; plane += kPlaneSize) {
        for (std::size_t row = 0; row < kPlaneSide; ++row) {
          for (std::size_t column = 0; column < kPlaneSide; ++column) {
            row_major[plane + row * kPlaneSide + column] =
                column_major[plane + column * kPlaneSide + row];
          }
        }
      }
      take(row_major);
    }
    if (count == all) array.expect_end();
  });
}

}  // namespace spvae
