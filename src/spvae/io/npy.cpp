#include "spvae/io/npy.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <functional>
#include <iterator>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/byte_reader.h"
#include "spvae/io/file.h"

namespace spvae {
namespace {

static_assert(std::endian::native == std::endian::little, "values are written as they lie");

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY\x01\x00"sv;  // version 1.0
constexpr std::size_t kPrefix = 10;                         // magic and length of the header
constexpr std::size_t kAlignment = 64;                      // of the values in the file

template <class T>
constexpr std::string_view kDescription = "";
template <>
constexpr std::string_view kDescription<float> = "<f4";
template <>
constexpr std::string_view kDescription<double> = "<f8";
template <>
constexpr std::string_view kDescription<std::uint8_t> = "|u1";
template <>
constexpr std::string_view kDescription<std::int64_t> = "<i8";

constexpr std::string_view kBoolDescription = "|b1";

struct Header {
  std::string_view description;
  bool fortran_order = false;
  std::vector<std::size_t> shape;
};

// Reads the header, a Python dictionary, as NumPy writes it: three keys, in alphabetical order.
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  std::optional<Header> parse() {
    Header header;
    const bool valid = take("{") && take("'descr'") && take(":") && take("'") &&
                       take_until_quote(header.description) && take(",") &&
                       take("'fortran_order'") && take(":") && take_bool(header.fortran_order) &&
                       take(",") && take("'shape'") && take(":") && take_shape(header.shape);
    if (!valid) return std::nullopt;
    take(",");
    return take("}") && take("\n") && rest_.empty() ? std::optional(header) : std::nullopt;
  }

 private:
  bool take(std::string_view token) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size()));
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  bool take_until_quote(std::string_view& text) {
    text = rest_.substr(0, rest_.find('\''));
    rest_.remove_prefix(text.size());
    return take("'");
  }

  bool take_bool(bool& value) {
    value = take("True");
    return value || take("False");
  }

  // "()", "(3,)", "(3, 4)"
  bool take_shape(std::vector<std::size_t>& shape) {
    if (!take("(")) return false;
    while (!take(")")) {
      take("");
      std::size_t extent = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), extent);
      if (error != std::errc()) return false;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
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

// Length of the header's text, from the file's first kPrefix bytes.
std::size_t header_size_of(const std::filesystem::path& path, std::string_view prefix) {
  if (prefix.size() < kPrefix || !prefix.starts_with(kMagic)) {
    fail(ErrorKind::kData, "{}: expected a NumPy file (.npy, version 1.0)", path.string());
  }
  return static_cast<unsigned char>(prefix[8]) +
         (std::size_t{static_cast<unsigned char>(prefix[9])} << 8);
}

[[noreturn]] void fail_truncated(const std::filesystem::path& path, std::size_t bytes,
                                 std::size_t header_size) {
  fail(ErrorKind::kData, "{}: truncated: got {} bytes, expected a header of {} after the first {}",
       path.string(), bytes, header_size, kPrefix);
}

Header parse_header(const std::filesystem::path& path, std::string_view text) {
  std::optional<Header> header = HeaderParser(text).parse();
  if (!header) {
    fail(ErrorKind::kData, "{}: damaged header, expected the keys descr, fortran_order and shape",
         path.string());
  }
  return *std::move(header);
}

void check_order(const std::filesystem::path& path, const Header& header) {
  if (!header.fortran_order) return;
  fail(ErrorKind::kData, "{}: got Fortran order, expected C order; use numpy.ascontiguousarray",
       path.string());
}

struct TypeRow {
  NpyType type;
  std::string_view description;
  std::string_view name;  // NumPy's word
  std::size_t size;
};
constexpr TypeRow kTypes[] = {
    {NpyType::kFloat, kDescription<float>, "float32", sizeof(float)},
    {NpyType::kDouble, kDescription<double>, "float64", sizeof(double)},
    {NpyType::kByte, kDescription<std::uint8_t>, "uint8", 1},
    {NpyType::kInt64, kDescription<std::int64_t>, "int64", sizeof(std::int64_t)},
    {NpyType::kBool, kBoolDescription, "bool", 1}};

// The row of a type that NpyType names; null for others.
const TypeRow* row_of(std::string_view description) {
  const auto row = std::ranges::find(kTypes, description, &TypeRow::description);
  return row == std::end(kTypes) ? nullptr : row;
}

std::string type_name(std::string_view description) {
  const TypeRow* row = row_of(description);
  return row == nullptr ? fmt::format("'{}'", description) : std::string(row->name);
}

}  // namespace

template <class T>
void write_npy(const std::filesystem::path& path, std::span<const std::size_t> shape,
               std::span<const T> values) {
  assert(bytes_of(shape, sizeof(T)) == values.size_bytes());
  std::string header = fmt::format("{{'descr': '{}', 'fortran_order': False, 'shape': {}, }}",
                                   kDescription<T>, python_tuple(shape));
  const std::size_t unpadded = kPrefix + header.size() + 1;
  header.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  header += '\n';
  assert(header.size() <= 0xffff);

  std::string bytes(kMagic);
  bytes += static_cast<char>(header.size() & 0xff);
  bytes += static_cast<char>(header.size() >> 8);
  bytes += header;
  bytes.append(reinterpret_cast<const char*>(values.data()), values.size_bytes());
  write_file_atomically(path, bytes);
}

NpyHeader read_npy_header(const std::filesystem::path& path) {
  ByteReader reader(path, "a NumPy file");
  const auto read = [&reader](std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    bytes.resize(reader.read(bytes));
    return std::string(bytes.begin(), bytes.end());
  };
  const std::size_t header_size = header_size_of(path, read(kPrefix));
  const std::string text = read(header_size);
  if (text.size() < header_size) fail_truncated(path, kPrefix + text.size(), header_size);
  const Header header = parse_header(path, text);
  check_order(path, header);
  const TypeRow* row = row_of(header.description);
  if (row == nullptr) {
    return {
        .type = NpyType::kOther, .type_name = type_name(header.description), .shape = header.shape};
  }
  const std::optional<std::size_t> bytes = bytes_of(header.shape, row->size);
  if (!bytes) {
    fail(ErrorKind::kData, "{}: absurd shape {}", path.string(), python_tuple(header.shape));
  }
  return {.type = row->type,
          .type_name = std::string(row->name),
          .shape = header.shape,
          .size = kPrefix + header_size + *bytes};
}

template <class T>
NpyArray<T> read_npy(const std::filesystem::path& path) {
  const std::string bytes = read_file(path);
  const std::size_t header_size = header_size_of(path, bytes);
  if (bytes.size() - kPrefix < header_size) fail_truncated(path, bytes.size(), header_size);
  const Header header = parse_header(path, std::string_view(bytes).substr(kPrefix, header_size));
  const bool is_bool = std::is_same_v<T, std::uint8_t> && header.description == kBoolDescription;
  if (header.description != kDescription<T> && !is_bool) {
    fail(ErrorKind::kData, "{}: got values of type {}, expected {}{}; use numpy.ndarray.astype",
         path.string(), type_name(header.description), type_name(kDescription<T>),
         std::is_same_v<T, std::uint8_t> ? " or bool" : "");
  }
  check_order(path, header);
  const std::string_view data = std::string_view(bytes).substr(kPrefix + header_size);
  const std::optional<std::size_t> expected = bytes_of(header.shape, sizeof(T));
  if (expected != data.size()) {
    fail(ErrorKind::kData, "{}: got {} bytes of values, expected those of the shape {}",
         path.string(), data.size(), python_tuple(header.shape));
  }
  NpyArray<T> array{.shape = header.shape, .values = std::vector<T>(data.size() / sizeof(T))};
  if (!data.empty()) std::memcpy(array.values.data(), data.data(), data.size());
  return array;
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
