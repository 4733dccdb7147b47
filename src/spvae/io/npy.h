#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace spvae {

/// An array as NumPy's .npy files hold it: row-major, any rank (rank 0 is one value).
template <class T>
struct NpyArray {
  std::vector<std::size_t> shape;
  std::vector<T> values;

  friend bool operator==(const NpyArray&, const NpyArray&) = default;
};

/// Writes .npy version 1.0, little-endian, C order. T: float, double, std::uint8_t, std::int64_t.
/// values.size() is the product of the shape. Errors as write_file_atomically.
template <class T>
void write_npy(const std::filesystem::path& path, std::span<const std::size_t> shape,
               std::span<const T> values);

/// Types of values. kBool is read as bytes 0 and 1, kOther is not read.
enum class NpyType { kFloat, kDouble, kByte, kInt64, kBool, kOther };

/// What the header of a .npy file says.
struct NpyHeader {
  NpyType type = NpyType::kFloat;
  std::string type_name;  ///< for messages: "float32"; of no number, as in the file, "'<U3'"
  std::vector<std::size_t> shape;
  std::uint64_t size = 0;  ///< of the whole file, in bytes; 0 of what is no number
};

/// The header alone. Errors as ByteReader; Error(kData) as read_npy, but of any type: the caller
/// knows which it takes.
NpyHeader read_npy_header(const std::filesystem::path& path);

/// The least and the greatest value of an array.
struct NpyRange {
  double least = 0;
  double greatest = 0;
};

/// Of an array of whole numbers, signed or not, of any size; nothing of other types, and of none.
/// Errors as read_npy.
std::optional<NpyRange> read_npy_range(const std::filesystem::path& path);

/// Reads what write_npy writes, or NumPy does for a C-ordered array of this type (std::uint8_t: or
/// of bool): versions 1.0 to 3.0, either order of bytes; plain, gzip or xz (see ByteReader).
/// Memory grows with what the file really holds, not with what its header claims. Errors as
/// ByteReader, and Error(kData) for another format, version, type or order, and for a wrong size.
template <class T>
NpyArray<T> read_npy(const std::filesystem::path& path);

/// The same of numbers of any type but float16, rounded to the nearest float. Errors as read_npy.
NpyArray<float> read_npy_numbers(const std::filesystem::path& path);

}  // namespace spvae
