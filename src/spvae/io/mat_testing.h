#pragma once

#include <string>
#include <vector>

#include "spvae/io/packed_testing.h"

/// For tests: MATLAB v5 files made by hand.
namespace spvae::testing {

inline Bytes little_endian(std::uint32_t number) {
  return {static_cast<std::uint8_t>(number), static_cast<std::uint8_t>(number >> 8),
          static_cast<std::uint8_t>(number >> 16), static_cast<std::uint8_t>(number >> 24)};
}

/// Tag, data, padding to a multiple of 8.
inline Bytes mat_element(std::uint32_t type, const Bytes& data, std::uint32_t size) {
  const Bytes padding((8 - data.size() % 8) % 8, 0);
  return joined({little_endian(type), little_endian(size), data, padding});
}
inline Bytes mat_element(std::uint32_t type, const Bytes& data) {
  return mat_element(type, data, static_cast<std::uint32_t>(data.size()));
}

/// What a test may make different from a good array X.
struct MatArray {
  std::string name = "X";
  std::vector<std::int32_t> shape = {32, 32, 3, 2};
  std::uint32_t flags = 9;  ///< uint8
  std::uint32_t type = 2;   ///< unsigned bytes
  Bytes values = noise(std::size_t{2} * 3072);
};

/// A matrix element.
inline Bytes mat_array(const MatArray& array) {
  Bytes shape;
  for (const std::int32_t size : array.shape) {
    shape = joined({shape, little_endian(static_cast<std::uint32_t>(size))});
  }
  Bytes name(array.name.begin(), array.name.end());
  if (name.size() <= 4) {  // in the tag itself
    const auto size = static_cast<std::uint8_t>(name.size());
    name.resize(4);
    name = joined({{1, 0, size, 0}, name});
  } else {
    name = mat_element(1, name);
  }
  return mat_element(14,
                     joined({mat_element(6, joined({little_endian(array.flags), Bytes(4, 0)})),
                             mat_element(5, shape), name, mat_element(array.type, array.values)}));
}

/// A zlib-compressed element.
inline Bytes mat_packed(const Bytes& element) {
  const Bytes packed = zlib_stream(element);
  return joined(
      {little_endian(15), little_endian(static_cast<std::uint32_t>(packed.size())), packed});
}

inline Bytes mat_header() {
  std::string text = "MATLAB 5.0 MAT-file, made by a test";
  text.append(124 - text.size(), ' ');
  return joined({Bytes(text.begin(), text.end()), {0, 1, 'I', 'M'}});
}

/// Labels, as they stand beside the images.
inline Bytes mat_labels(const std::string& name = "y") {
  return mat_array({.name = name, .shape = {2, 1}, .values = {1, 10}});
}

}  // namespace spvae::testing
