#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace spvae {

/// The SHA-256 digest as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// Of what a file holds, unpacked if it is gzip or xz.
struct ContentDigest {
  std::string sha256;      ///< 64 lower-case hexadecimal digits
  std::uint64_t size = 0;  ///< bytes
};

/// Reads a file through, block by block. Errors as ByteReader; Error(kData) for packed data that
/// were cut off.
ContentDigest digest_of_content(const std::filesystem::path& path);

/// Bytes in base64 (RFC 4648), padded, on one line. At most 1 GiB (assertion).
std::string base64(std::string_view bytes);

}  // namespace spvae
