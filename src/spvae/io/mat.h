#pragma once

#include <cstdint>
#include <filesystem>

#include "spvae/io/colour_planes.h"

namespace spvae {

// The one kind of MATLAB file that SVHN is published in: version 5, little-endian, with an array X
// of unsigned bytes (uint8) of shape 32 × 32 × 3 × N, zlib-compressed or plain. Other arrays are
// skipped. The file itself may be gzip or xz on top of that (see ByteReader). Memory does not
// depend on the file.
// Both functions throw as ByteReader, and Error(kData), one sentence that says what was found, for
// another version, byte order, class or shape, for a file without X, and for one that is damaged or
// truncated before the end of what is read of it.

/// What the header of X says.
struct MatImages {
  std::uint32_t count = 0;  ///< N, 1 or more
  std::uint64_t end = 0;    ///< bytes, unpacked, from the file's start to the end of X
};

/// Reads no further than the header of X: whether the file reaches to its end, that does not tell.
MatImages read_mat_images(const std::filesystem::path& path);

/// Hands the first `count` images to `take`, their planes turned from column-major to row-major.
/// Reads no further than these; if they are all, checks that X ends with them. Error(kData) if
/// there are fewer.
void read_mat(const std::filesystem::path& path, std::uint32_t count, const TakePlanes& take);

}  // namespace spvae
