#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spvae/io/json_text.h"

namespace spvae {

/// The types of numbers that this library stores; others of the format are refused.
enum class Dtype { kU8, kU32, kI64, kF32, kF64 };

template <class T>
constexpr Dtype dtype_of();
template <>
constexpr Dtype dtype_of<std::uint8_t>() {
  return Dtype::kU8;
}
template <>
constexpr Dtype dtype_of<std::uint32_t>() {
  return Dtype::kU32;
}
template <>
constexpr Dtype dtype_of<std::int64_t>() {
  return Dtype::kI64;
}
template <>
constexpr Dtype dtype_of<float>() {
  return Dtype::kF32;
}
template <>
constexpr Dtype dtype_of<double>() {
  return Dtype::kF64;
}

/// A named array, row-major; `bytes` are its values, little-endian.
struct TensorRecord {
  std::string name;
  Dtype dtype = Dtype::kF32;
  std::vector<std::size_t> shape;
  std::vector<std::byte> bytes;

  friend bool operator==(const TensorRecord&, const TensorRecord&) = default;
};

/// As the format spells it: "F32".
std::string_view dtype_name(Dtype dtype);

/// The content of a safetensors file (https://huggingface.co/docs/safetensors).
struct TensorFile {
  std::string source;  ///< where it comes from, for messages; not part of the file
  std::map<std::string, std::string> metadata;
  std::vector<TensorRecord> tensors;  ///< in the order of their data

  /// Appends a tensor. The name is new, the number of values is the product of the shape
  /// (assertions).
  template <class T>
  void add(std::string name, std::vector<std::size_t> shape, std::span<const T> values) {
    const std::span<const std::byte> bytes = std::as_bytes(values);
    add_bytes({std::move(name), dtype_of<T>(), std::move(shape), {bytes.begin(), bytes.end()}});
  }

  /// The values of the tensor of this name. Error(kData), naming the source, if there is none or if
  /// its type or shape is another.
  template <class T>
  std::vector<T> values(std::string_view name, std::span<const std::size_t> shape) const {
    const TensorRecord& tensor = find(name, dtype_of<T>(), shape);
    std::vector<T> result(tensor.bytes.size() / sizeof(T));
    if (!result.empty()) std::memcpy(result.data(), tensor.bytes.data(), tensor.bytes.size());
    return result;
  }

  /// The value of a metadata key. Error(kData), naming the source, if there is none.
  const std::string& metadata_value(const std::string& key) const;

  /// The JSON that the value of a metadata key is. Error(kData), naming the source, if there is
  /// none or for what parse_json finds.
  Json metadata_json(const std::string& key) const;

 private:
  void add_bytes(TensorRecord tensor);
  const TensorRecord& find(std::string_view name, Dtype dtype,
                           std::span<const std::size_t> shape) const;
};

/// The file's bytes. The same content gives the same bytes; the data begin at a multiple of 8.
/// Text that is not UTF-8 gets replacement characters.
std::string encode_safetensors(const TensorFile& file);

/// Safe on any input: Error(kData), naming the source, unless header and data are wholly valid.
TensorFile decode_safetensors(std::string_view bytes, std::string source);

/// Errors as write_file_atomically.
void write_safetensors(const std::filesystem::path& path, const TensorFile& file);

/// Errors as read_file and decode_safetensors.
TensorFile read_safetensors(const std::filesystem::path& path);

}  // namespace spvae
