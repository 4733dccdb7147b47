#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "spvae/io/safetensors.h"

namespace spvae {

/// A safetensors file that says what it is and whether it is whole: metadata "format",
/// "format_version", "version" (of the library that wrote it) and "digest". The digest is the
/// SHA-256 of, first, KEY=VALUE and a line feed for every other metadata entry, in the order of the
/// keys' bytes; then, for every tensor in the order of the file, NAME DTYPE [SHAPE] (its sizes
/// joined by commas) and a line feed, and its bytes.
struct FileFormat {
  std::string name;
  std::string version;
  std::string description;              ///< for messages: "model file"
  std::vector<std::string> older = {};  ///< versions that are read too
};

/// Adds those metadata and writes the file atomically; errors as write_safetensors.
void write_sealed(const std::filesystem::path& path, const FileFormat& format, TensorFile file);

/// Errors as read_safetensors; Error(kData) that names the file when its format, version or digest
/// is not what is expected.
TensorFile read_sealed(const std::filesystem::path& path, const FileFormat& format);

}  // namespace spvae
