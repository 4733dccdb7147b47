#include "spvae/io/npy.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <charconv>
#include <cstring>
#include <functional>
#include <iterator>
#include <numeric>
#include <system_error>
#include <type_traits>

#include "spvae/core/error.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/byte_reader.h"

namespace spvae {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie");

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
constexpr std::size_t kPrefix = 10;         // of version 1.0: magic, version, length of the header
constexpr std::size_t kAlignment = 64;      // of the values in the file
constexpr std::size_t kMostHeader = 65535;  // all that version 1.0 can have
constexpr const char* kWanted = "a NumPy file";

/// How a value lies in the file.
struct ValueType {
  char kind = 0;  ///< 'f', 'i', 'u', 'b' as NumPy has it; 0 of what is no such number
  std::size_t size = 0;
  bool is_big_endian = false;

  bool is(char other_kind, std::size_t other_size) const {
    return kind == other_kind && size == other_size;
  }
};

template <class T>
constexpr ValueType kValueType = {};
template <>
constexpr ValueType kValueType<float> = {'f', 4};
template <>
constexpr ValueType kValueType<double> = {'f', 8};
template <>
constexpr ValueType kValueType<std::uint8_t> = {'u', 1};
template <>
constexpr ValueType kValueType<std::int64_t> = {'i', 8};

/// Of "<f4", ">i8", "|u1", "u1"; of anything else, no number.
ValueType value_type(std::string_view description) {
  constexpr std::string_view kOrders = "<>|=";
  ValueType type;
  if (!description.empty() && kOrders.find(description[0]) != std::string_view::npos) {
    type.is_big_endian = description[0] == '>';
    description.remove_prefix(1);
  }
  if (description.size() != 2) return {};
  type.kind = description[0];
  type.size = static_cast<std::size_t>(description[1] - '0');
  const bool is_integer = type.kind == 'i' || type.kind == 'u';
  const bool is_known =
      type.is('b', 1) || (is_integer && type.size == 1) ||
      ((is_integer || type.kind == 'f') && (type.size == 2 || type.size == 4 || type.size == 8));
  return is_known ? type : ValueType{};
}

/// NumPy's word, "float32"; of what is no number, its description.
std::string type_name(const ValueType& type, std::string_view description = {}) {
  switch (type.kind) {
    case 'f':
      return fmt::format("float{}", 8 * type.size);
    case 'i':
      return fmt::format("int{}", 8 * type.size);
    case 'u':
      return fmt::format("uint{}", 8 * type.size);
    case 'b':
      return "bool";
    default:
      return fmt::format("'{}'", description);
  }
}

NpyType npy_type(const ValueType& type) {
  if (type.is('f', 4)) return NpyType::kFloat;
  if (type.is('f', 8)) return NpyType::kDouble;
  if (type.is('u', 1)) return NpyType::kByte;
  if (type.is('i', 8)) return NpyType::kInt64;
  return type.is('b', 1) ? NpyType::kBool : NpyType::kOther;
}

struct Header {
  ValueType type;
  std::string name;  // of the type
  bool fortran_order = false;
  std::vector<std::size_t> shape;
  std::size_t size = 0;  // of all that is before the values
};

// Reads the header's text, a Python dictionary: three keys in any order.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  std::optional<Header> parse() {
    Header header;
    bool has_type = false;
    bool has_order = false;
    bool has_shape = false;
    if (!take("{")) return std::nullopt;
    while (!take("}")) {
      std::string_view key;
      if (!take_text(key) || !take(":")) return std::nullopt;
      bool* const seen = key == "descr"           ? &has_type
                         : key == "fortran_order" ? &has_order
                         : key == "shape"         ? &has_shape
                                                  : nullptr;
      if (seen == nullptr || std::exchange(*seen, true)) return std::nullopt;
      const bool is_read = seen == &has_type    ? take_type(header)
                           : seen == &has_order ? take_bool(header.fortran_order)
                                                : take_shape(header.shape);
      if (!is_read) return std::nullopt;
      if (!take(",")) {
        if (!take("}")) return std::nullopt;
        break;
      }
    }
    skip_blanks();
    const bool is_whole = has_type && has_order && has_shape && rest_.empty();
    return is_whole ? std::optional(header) : std::nullopt;
  }

 private:
  void skip_blanks() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size()));
  }

  bool take(std::string_view token) {
    skip_blanks();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  bool take_text(std::string_view& text) {
    const std::string_view quote = take("'") ? "'" : "\"";
    if (quote == "\"" && !take(quote)) return false;
    text = rest_.substr(0, rest_.find(quote));
    rest_.remove_prefix(text.size());
    return take(quote);
  }

  // A text, or a list: that of a structured type, which is no number.
  bool take_type(Header& header) {
    std::string_view text;
    if (take("[")) {
      const std::size_t end = rest_.rfind(']');
      if (end == std::string_view::npos) return false;
      rest_.remove_prefix(end + 1);
      header.name = "a structured type";
      return true;
    }
    if (!take_text(text)) return false;
    header.type = value_type(text);
    header.name = type_name(header.type, text);
    return true;
  }

  bool take_bool(bool& value) {
    value = take("True");
    return value || take("False");
  }

  // "()", "(3,)", "(3, 4)"
  bool take_shape(std::vector<std::size_t>& shape) {
    if (!take("(")) return false;
    while (!take(")")) {
      skip_blanks();
      std::size_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc()) return false;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      if (rest_.starts_with('L')) rest_.remove_prefix(1);  // as Python 2 wrote it
      shape.push_back(extent);
      if (!take(",")) return shape.size() > 1 && take(")");
    }
    return true;
  }

  std::string_view rest_;
};

std::string python_tuple(std::span<const std::size_t> shape) {
  return fmt::format("({}{})", fmt::join(shape, ", "), shape.size() == 1 ? "," : "");
}

// Bytes of the values, or nothing if no memory could hold them.
std::optional<std::size_t> bytes_of(std::span<const std::size_t> shape, std::size_t item) {
  std::size_t bytes = item;
  for (const std::size_t extent : shape) {
    if (__builtin_mul_overflow(bytes, extent, &bytes)) return std::nullopt;
  }
  return bytes;
}

// The same; Error(kData) for nothing.
std::size_t checked_bytes(const ByteReader& reader, const Header& header) {
  const std::optional<std::size_t> bytes = bytes_of(header.shape, header.type.size);
  if (!bytes) {
    fail(ErrorKind::kData, "{}: absurd shape {}; save it anew", reader.name(),
         python_tuple(header.shape));
  }
  return *bytes;
}

[[noreturn]] void fail_truncated(const ByteReader& reader, std::size_t got, std::size_t expected) {
  fail(ErrorKind::kData, "{}: truncated: got {} {}, expected {} by its header; save it anew",
       reader.name(), got, reader.unit(), expected);
}

// As many bytes as there are, `count` at most.
std::string read_text(ByteReader& reader, std::size_t count) {
  std::vector<std::uint8_t> bytes(count);
  bytes.resize(reader.read(bytes));
  return {bytes.begin(), bytes.end()};
}

// Versions 2.0 and 3.0 differ from 1.0 by a length of four bytes, 3.0 by names in UTF-8.
Header read_header(ByteReader& reader) {
  const std::string start = read_text(reader, kMagic.size() + 2);
  if (!start.starts_with(kMagic) || start.size() < kMagic.size() + 2) {
    fail(ErrorKind::kData, "{}: expected a NumPy file (.npy); save one with numpy.save",
         reader.name());
  }
  const int major = static_cast<unsigned char>(start[kMagic.size()]);
  const int minor = static_cast<unsigned char>(start[kMagic.size() + 1]);
  if (major < 1 || major > 3 || minor != 0) {
    fail(ErrorKind::kData,
         "{}: got version {}.{} of NumPy's files, expected 1.0, 2.0 or 3.0; save it anew with "
         "numpy.save",
         reader.name(), major, minor);
  }
  const std::string length = read_text(reader, major == 1 ? 2 : 4);
  std::size_t text_size = 0;
  for (std::size_t i = length.size(); i-- > 0;) {
    text_size = text_size << 8 | static_cast<unsigned char>(length[i]);
  }
  const std::size_t prefix = start.size() + (major == 1 ? 2 : 4);
  if (start.size() + length.size() < prefix) {
    fail_truncated(reader, start.size() + length.size(), prefix);
  }
  const auto fail_damaged = [&reader] {
    fail(ErrorKind::kData,
         "{}: damaged header, expected the keys descr, fortran_order and shape; save it anew",
         reader.name());
  };
  if (text_size > kMostHeader) fail_damaged();
  const std::string text = read_text(reader, text_size);
  if (text.size() < text_size) {
    fail_truncated(reader, prefix + text.size(), prefix + text_size);
  }
  std::optional<Header> header = HeaderParser(text).parse();
  if (!header) fail_damaged();
  if (header->fortran_order) {
    fail(ErrorKind::kData, "{}: got Fortran order, expected C order; use numpy.ascontiguousarray",
         reader.name());
  }
  header->size = prefix + text_size;
  return *std::move(header);
}

// The values' bytes, little-endian, to the file's end. Memory grows with what the file really
// holds, not with what its header claims.
template <class T>
std::vector<T> read_values(ByteReader& reader, const Header& header) {
  const std::size_t size = checked_bytes(reader, header);
  const std::size_t expected = size / sizeof(T);
  std::vector<T> values;
  for (std::size_t done = 0; done < expected;) {
    constexpr std::size_t kFirstBlock = (1 << 20) / sizeof(T);
    const std::size_t block = std::min(expected - done, std::max(kFirstBlock, done));
    values.resize(done + block);
    auto* const bytes = reinterpret_cast<std::uint8_t*>(values.data() + done);
    const std::size_t got = reader.read({bytes, block * sizeof(T)});
    if (got < block * sizeof(T)) {
      fail_truncated(reader, header.size + done * sizeof(T) + got, header.size + size);
    }
    done += block;
  }
  reader.expect_end(fmt::format("{} {} of its shape {}", header.size + size, reader.unit(),
                                python_tuple(header.shape)));
  if (header.type.is_big_endian) {
    const auto item = static_cast<std::ptrdiff_t>(header.type.size);
    auto* const begin = reinterpret_cast<std::uint8_t*>(values.data());
    for (auto* at = begin; at != begin + size; at += item) std::reverse(at, at + item);
  }
  return values;
}

// A whole number of the first bytes, little-endian.
double whole_number(std::span<const std::uint8_t> bytes, bool is_signed) {
  std::uint64_t bits = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) bits = bits << 8 | bytes[i];
  if (!is_signed) return static_cast<double>(bits);
  const auto unused = static_cast<int>(64 - 8 * bytes.size());
  return static_cast<double>(static_cast<std::int64_t>(bits << unused) >> unused);
}

}  // namespace

template <class T>
void write_npy(const std::filesystem::path& path, std::span<const std::size_t> shape,
               std::span<const T> values) {
  assert(bytes_of(shape, sizeof(T)) == values.size_bytes());
  constexpr ValueType kType = kValueType<T>;
  std::string header =
      fmt::format("{{'descr': '{}{}{}', 'fortran_order': False, 'shape': {}, }}",
                  sizeof(T) == 1 ? '|' : '<', kType.kind, kType.size, python_tuple(shape));
  const std::size_t unpadded = kPrefix + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  assert(header.size() <= 0xffff);

  std::string bytes(kMagic);
  bytes += "\x01\x00"sv;  // version 1.0
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  write_file_atomically(path, bytes);
}

NpyHeader read_npy_header(const std::filesystem::path& path) {
  ByteReader reader(path, kWanted);
  const Header header = read_header(reader);
  NpyHeader result{.type = npy_type(header.type), .type_name = header.name, .shape = header.shape};
  if (header.type.kind != 0) result.size = header.size + checked_bytes(reader, header);
  return result;
}

std::optional<NpyRange> read_npy_range(const std::filesystem::path& path) {
  ByteReader reader(path, kWanted);
  const Header header = read_header(reader);
  if (header.type.kind != 'i' && header.type.kind != 'u') return std::nullopt;
  const std::vector<std::uint8_t> bytes = read_values<std::uint8_t>(reader, header);
  std::optional<NpyRange> range;
  for (std::size_t at = 0; at < bytes.size(); at += header.type.size) {
    const double value =
        whole_number(std::span(bytes).subspan(at, header.type.size), header.type.kind == 'i');
    if (!range) range = {value, value};
    range->least = std::min(range->least, value);
    range->greatest = std::max(range->greatest, value);
  }
  return range;
}

template <class T>
NpyArray<T> read_npy(const std::filesystem::path& path) {
  ByteReader reader(path, kWanted);
  Header header = read_header(reader);
  constexpr ValueType kType = kValueType<T>;
  constexpr bool kIsByte = std::is_same_v<T, std::uint8_t>;
  if (!header.type.is(kType.kind, kType.size) && !(kIsByte && header.type.is('b', 1))) {
    fail(ErrorKind::kData, "{}: got values of type {}, expected {}{}; use numpy.ndarray.astype",
         path.string(), header.name, type_name(kType), kIsByte ? " or bool" : "");
  }
  std::vector<T> values = read_values<T>(reader, header);
  return {.shape = std::move(header.shape), .values = std::move(values)};
}

NpyArray<float> read_npy_numbers(const std::filesystem::path& path) {
  ByteReader reader(path, kWanted);
  Header header = read_header(reader);
  const ValueType type = header.type;
  if (type.kind == 0 || type.is('f', 2)) {
    fail(ErrorKind::kData, "{}: got values of type {}, expected numbers; use numpy.float32(array)",
         path.string(), header.name);
  }
  std::vector<float> values;
  if (type.is('f', 4)) {
    values = read_values<float>(reader, header);
  } else if (type.is('f', 8)) {
    const std::vector<double> doubles = read_values<double>(reader, header);
    values.assign(doubles.begin(), doubles.end());
  } else {
    const std::vector<std::uint8_t> bytes = read_values<std::uint8_t>(reader, header);
    for (std::size_t at = 0; at < bytes.size(); at += type.size) {
      values.push_back(static_cast<float>(
          whole_number(std::span(bytes).subspan(at, type.size), type.kind == 'i')));
    }
  }
  return {.shape = std::move(header.shape), .values = std::move(values)};
}

#define SPVAE_INSTANTIATE_NPY(T)                                                      \
  template void write_npy(const std::filesystem::path&, std::span<const std::size_t>, \
                          std::span<const T>);                                        \
  template NpyArray<T> read_npy(const std::filesystem::path&)

SPVAE_INSTANTIATE_NPY(float);
SPVAE_INSTANTIATE_NPY(double);
SPVAE_INSTANTIATE_NPY(std::uint8_t);
SPVAE_INSTANTIATE_NPY(std::int64_t);

#undef SPVAE_INSTANTIATE_NPY

}  // namespace spvae
