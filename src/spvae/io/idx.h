#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace spvae {

/// An array of unsigned bytes as an IDX file holds it: row-major, last axis contiguous.
struct IdxArray {
  std::vector<std::uint32_t> shape;  ///< every axis ≥ 1
  std::vector<std::uint8_t> values;
};

/// No IDX file of more values than this is read (2^30; a thousand million).
inline constexpr std::uint64_t kMaxIdxValues = std::uint64_t{1} << 30;

/// Reads an IDX file (the format of MNIST) of unsigned bytes with `rank` axes (1 or 3), plain, gzip
/// or xz (see ByteReader). Memory grows with what the file really holds, not with what its header
/// claims.
/// Throws Error(kNoInput) for a file that cannot be opened, Error(kIo) for one that cannot be read
/// on, and Error(kData) for a wrong magic number, an empty axis, more than kMaxIdxValues values, a
/// damaged packed stream, and for fewer or more bytes than the header promises.
IdxArray read_idx(const std::filesystem::path& path, int rank);

/// The shape alone: reads the header and checks it as read_idx does, but not what follows.
std::vector<std::uint32_t> read_idx_shape(const std::filesystem::path& path, int rank);

/// The bytes, unpacked, of an IDX file of this shape, as read_idx_shape returned it.
std::uint64_t idx_size(const std::vector<std::uint32_t>& shape);

}  // namespace spvae
