#pragma once

#include <filesystem>

#include "spvae/io/file_descriptor.h"

namespace spvae {

/// Keeps a second process (or a second lock of this one) out of a folder, for as long as it lives:
/// an advisory lock (flock) on a file that holds the owner's process number. The system releases it
/// whatever way the process ends; the file stays.
class FileLock {
 public:
  /// Takes the lock on the file at `path` (made if it is missing) without waiting.
  /// Error(kCannotCreate) if another holds it, or if the file cannot be made or locked.
  explicit FileLock(const std::filesystem::path& path);

 private:
  FileDescriptor file_;
};

}  // namespace spvae
