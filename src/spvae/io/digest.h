#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace spvae {

/// The SHA-256 digest as 64 lower-case hexadecimal digits.
std::string sha256(std::string_view bytes);

/// The SHA-256 digest of a file's content. Errors as read_file.
std::string sha256_of_file(const std::filesystem::path& path);

}  // namespace spvae
