#pragma once

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

namespace spvae {

/// The whole content of a file, bytes as they are; or of a pipe, until its writers close it.
/// Error(kNoInput) if it is missing, a folder, a device, or cannot be opened; Error(kIo) if reading
/// fails; Error(kInterrupted) if a signal comes while a pipe has nothing to read.
std::string read_file(const std::filesystem::path& path);

/// Whether something is at a path, and whether it is a folder; false where that cannot be told.
bool is_there(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);

/// A text with the letters A to Z as a to z.
std::string lower_case(std::string text);

/// The ending of a file's name, with its dot and in lower case: ".png" of "A.PNG".
std::string ending_of(const std::filesystem::path& path);

/// Makes a folder and those above it that are missing. Error(kCannotCreate) if that fails, or if
/// something other than a folder is there.
void create_folders(const std::filesystem::path& path);

/// Appends `line` (without a line break inside) and a line break; makes the file if it is missing.
/// On return the line is on the disk. If writing fails, the file is cut back to its former length.
/// Error(kCannotCreate) if the file cannot be opened, Error(kIo) if writing fails.
void append_line(const std::filesystem::path& path, std::string_view line);

/// Cuts a file back to its first `length` bytes.
/// Error(kNoInput) if it cannot be opened, Error(kData) if it is shorter than that, Error(kIo).
void truncate_file(const std::filesystem::path& path, std::uint64_t length);

namespace detail {

/// The text of the operating system's error number.
std::string error_text(int error_number);

/// Writes all bytes; false, with errno set, if that fails.
bool write_all(int descriptor, std::string_view bytes);

}  // namespace detail

/// Owns an open file of the operating system; −1 is none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int descriptor = -1) : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept
      : descriptor_(std::exchange(other.descriptor_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~FileDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  bool is_open() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }

  /// Closes it and tells whether that went well; on some file systems only this reports a full
  /// disk.
  bool close() { return ::close(std::exchange(descriptor_, -1)) == 0; }

 private:
  int descriptor_;
};

}  // namespace spvae
