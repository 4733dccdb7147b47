#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
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
  std::string type_name;  ///< for messages: "float32", of kOther as in the file, "'<f2'"
  std::vector<std::size_t> shape;
  std::uint64_t size = 0;  ///< of the whole file, in bytes; 0 of kOther
};

/// The header alone. Errors as ByteReader; Error(kData) as read_npy, but of any type: the caller
/// knows which it takes.
NpyHeader read_npy_header(const std::filesystem::path& path);

/// Reads what write_npy writes, or NumPy does for a C-ordered array of this type (std::uint8_t: or
/// of bool). Errors as read_file, and Error(kData) for another format, version, type or order, and
/// for a wrong size.
template <class T>
NpyArray<T> read_npy(const std::filesystem::path& path);

}  // namespace spvae
