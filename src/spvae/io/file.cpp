#include "spvae/io/file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <cassert>
#include <cerrno>
#include <system_error>

#include "spvae/core/error.h"

namespace spvae {

using detail::error_text;
using detail::write_all;

std::string detail::error_text(int error_number) {
  return std::generic_category().message(error_number);
}

bool detail::write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      return false;
    }
  }
  return true;
}

namespace {

// A pipe with a name may get a writer yet; of one without, whoever could write has it open already.
bool is_named_pipe(int descriptor) {
  struct statfs system{};
  return ::fstatfs(descriptor, &system) == 0 && system.f_type != PIPEFS_MAGIC;
}

// Until there is something to read from a pipe, or nobody writes any more. poll, unlike read, ends
// by any signal.
void wait_for_bytes(int descriptor, const std::filesystem::path& path) {
  pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
  if (::poll(&wanted, 1, -1) >= 0) return;
  if (errno == EINTR) {
    fail(ErrorKind::kInterrupted,
         "{}: stopped while waiting for something to come through the pipe", path.string());
  }
  fail(ErrorKind::kIo, "{}: reading failed ({})", path.string(), error_text(errno));
}

}  // namespace

std::string read_file(const std::filesystem::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) {
    fail(ErrorKind::kNoInput, "{}: cannot be opened ({})", path.string(), error_text(errno));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    fail(ErrorKind::kIo, "{}: reading failed ({})", path.string(), error_text(errno));
  }
  if (S_ISDIR(status.st_mode)) {
    fail(ErrorKind::kNoInput, "{}: is a folder; expected a file", path.string());
  }
  const bool is_pipe = S_ISFIFO(status.st_mode);
  if (!is_pipe && !S_ISREG(status.st_mode)) {
    fail(ErrorKind::kNoInput, "{}: is a device; expected a file", path.string());
  }
  // The size is a hint only: the file may grow meanwhile, and a pipe has none. One byte more sees
  // the end of an ordinary file without another allocation.
  std::string bytes(static_cast<std::size_t>(status.st_size) + 1, '\0');
  std::size_t count = 0;
  bool must_wait = is_pipe && is_named_pipe(file.get());
  for (;;) {
    if (must_wait) wait_for_bytes(file.get(), path);
    if (count == bytes.size()) bytes.resize(2 * bytes.size() + 4096);
    const ssize_t got = ::read(file.get(), bytes.data() + count, bytes.size() - count);
    if (got == 0) break;
    must_wait = got < 0 && errno == EAGAIN;
    if (got > 0) {
      count += static_cast<std::size_t>(got);
    } else if (errno != EINTR && !must_wait) {
      fail(ErrorKind::kIo, "{}: reading failed ({})", path.string(), error_text(errno));
    }
  }
  bytes.resize(count);
  return bytes;
}

bool is_there(const std::filesystem::path& path) {
  std::error_code absent;
  return std::filesystem::exists(path, absent);
}

bool is_folder(const std::filesystem::path& path) {
  std::error_code absent;
  return std::filesystem::is_directory(path, absent);
}

std::string lower_case(std::string text) {
  for (char& letter : text) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return text;
}

std::string ending_of(const std::filesystem::path& path) {
  return lower_case(path.extension().string());
}

void create_folders(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error || !std::filesystem::is_directory(path)) {
    fail(ErrorKind::kCannotCreate, "{}: the folder cannot be made ({}); choose another place",
         path.string(), error ? error.message() : "a file of this name is in the way");
  }
}

void append_line(const std::filesystem::path& path, std::string_view line) {
  assert(line.find('\n') == std::string_view::npos);
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666));
  if (!file.is_open()) {
    fail(ErrorKind::kCannotCreate, "{}: cannot be opened for writing ({})", path.string(),
         error_text(errno));
  }
  struct stat before{};
  const bool has_length = ::fstat(file.get(), &before) == 0 && S_ISREG(before.st_mode);
  const std::string text = std::string(line) + '\n';
  if (!write_all(file.get(), text) || (has_length && ::fdatasync(file.get()) != 0)) {
    const int cause = errno;
    const bool restored = has_length && ::ftruncate(file.get(), before.st_size) == 0;
    fail(ErrorKind::kIo, "{}: writing failed ({}){}", path.string(), error_text(cause),
         restored ? "; the file is as it was before" : "");
  }
  if (!file.close()) {
    fail(ErrorKind::kIo, "{}: writing failed ({})", path.string(), error_text(errno));
  }
}

void truncate_file(const std::filesystem::path& path, std::uint64_t length) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open()) {
    fail(ErrorKind::kNoInput, "{}: cannot be opened ({})", path.string(), error_text(errno));
  }
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) {
    fail(ErrorKind::kIo, "{}: cannot be cut back ({})", path.string(), error_text(errno));
  }
  if (static_cast<std::uint64_t>(status.st_size) < length) {
    fail(ErrorKind::kData, "{}: truncated: got {} bytes, expected at least {}", path.string(),
         status.st_size, length);
  }
  if (::ftruncate(file.get(), static_cast<off_t>(length)) != 0 || ::fsync(file.get()) != 0) {
    fail(ErrorKind::kIo, "{}: cannot be cut back ({})", path.string(), error_text(errno));
  }
}

}  // namespace spvae
