#pragma once

#include <filesystem>
#include <string_view>

#include "spvae/io/file.h"

namespace spvae {

/// Makes `bytes` the content of the file at `path`, wholly or not at all: they are written to a
/// temporary file in the same folder (".spvae-tmp-…"), synced to the disk, and renamed. If anything
/// fails, the former file is still whole and the temporary file is removed. A link is followed; the
/// permissions of a former file are kept.
/// Error(kCannotCreate) if the folder is missing or cannot be written, or if something other than
/// a file is at `path`; Error(kIo) if writing fails on the way (disk full).
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);

/// Whether a path has the name of such a temporary file.
bool is_temporary_file(const std::filesystem::path& path);

/// Removes temporary files that killed processes have left in a folder, where that can be done;
/// those of living processes stay.
void remove_temporary_files(const std::filesystem::path& folder);

/// Keeps a second process (or a second lock of this one) out of a folder, for as long as it lives:
/// an advisory lock (flock) on a file that holds the owner's process number. The system releases it
/// whatever way the process ends; the file stays, unless the owner removes it while it holds the
/// lock.
class FileLock {
 public:
  /// Takes the lock on the file at `path` (made if it is missing) without waiting.
  /// Error(kCannotCreate) if another holds it, or if the file cannot be made or locked.
  explicit FileLock(const std::filesystem::path& path);

 private:
  FileDescriptor file_;
};

}  // namespace spvae
