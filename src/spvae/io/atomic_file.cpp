#include "spvae/io/atomic_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <optional>
#include <system_error>

#include "spvae/core/error.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTemporaryPrefix = ".spvae-tmp-";  // then process, "-", number

bool is_storage_failure(int error_number) {
  return error_number == ENOSPC || error_number == EDQUOT || error_number == EIO;
}

// A new file in `folder`, removed again unless it is renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target) : target_(target) {
    static std::atomic<unsigned> number = 0;
    fs::path folder = target.parent_path();
    if (folder.empty()) folder = ".";
    // The name is short whatever the target's is, and skips what a killed process has left behind.
    do {
      path_ = folder / fmt::format("{}{}-{}", kTemporaryPrefix, ::getpid(), number++);
      file_ = FileDescriptor(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    } while (!file_.is_open() && errno == EEXIST);
    if (!file_.is_open()) {
      const int cause = errno;
      fail(is_storage_failure(cause) ? ErrorKind::kIo : ErrorKind::kCannotCreate,
           "{}: cannot create a file in {} ({})", target_.string(), folder.string(),
           detail::error_text(cause));
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (!renamed_) ::unlink(path_.c_str());
  }

  void write(std::string_view bytes, std::optional<mode_t> permissions) {
    check(!permissions || ::fchmod(file_.get(), *permissions) == 0);
    check(detail::write_all(file_.get(), bytes));
    check(::fsync(file_.get()) == 0);
    check(file_.close());
  }

  void rename() {
    check(::rename(path_.c_str(), target_.c_str()) == 0);
    renamed_ = true;
    // The folder holds the new name; not every file system lets a folder be opened or synced.
    const FileDescriptor folder(
        ::open(path_.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    check(!folder.is_open() || ::fsync(folder.get()) == 0 || !is_storage_failure(errno));
  }

 private:
  void check(bool success) const {
    if (success) return;
    const int cause = errno;
    fail(ErrorKind::kIo, "{}: writing failed ({}){}", target_.string(), detail::error_text(cause),
         renamed_ ? "" : "; what was there before is unchanged");
  }

  fs::path target_;
  fs::path path_;
  FileDescriptor file_;
  bool renamed_ = false;
};

// " 1234", or nothing if the owner has not written its number.
std::string owner(int descriptor) {
  char text[24];
  const ssize_t length = ::pread(descriptor, text, sizeof text, 0);
  const char* end = std::find_if_not(text, text + std::max<ssize_t>(length, 0),
                                     [](char c) { return c >= '0' && c <= '9'; });
  return end == text ? "" : " " + std::string(text, static_cast<std::size_t>(end - text));
}

bool is_at(const fs::path& path, int descriptor) {
  struct stat opened{};
  struct stat named{};
  return ::fstat(descriptor, &opened) == 0 && ::stat(path.c_str(), &named) == 0 &&
         opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

}  // namespace

void write_file_atomically(const fs::path& path, std::string_view bytes) {
  if (!path.has_filename()) {
    fail(ErrorKind::kCannotCreate, "\"{}\": expected the path of a file", path.string());
  }
  fs::path target = path;
  std::optional<mode_t> permissions;
  struct stat former{};
  if (::stat(path.c_str(), &former) == 0) {
    // A rename would put a file in the place of a device.
    if (!S_ISREG(former.st_mode)) {
      fail(ErrorKind::kCannotCreate, "{}: is {}; expected a file or nothing", path.string(),
           S_ISDIR(former.st_mode) ? "a folder" : "not an ordinary file");
    }
    permissions = former.st_mode & 07777;
    std::error_code error;
    target = fs::canonical(path, error);
    if (error) {
      fail(ErrorKind::kCannotCreate, "{}: cannot be resolved ({})", path.string(), error.message());
    }
  }
  TemporaryFile file(target);
  file.write(bytes, permissions);
  file.rename();
}

bool is_temporary_file(const fs::path& path) {
  return path.filename().string().starts_with(kTemporaryPrefix);
}

void remove_temporary_files(const fs::path& folder) {
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    if (!is_temporary_file(entry.path())) continue;
    const std::string rest = entry.path().filename().string().substr(kTemporaryPrefix.size());
    pid_t process = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), process);
    const bool is_ours = parsed.ec == std::errc() && process > 0;
    if (is_ours && ::kill(process, 0) != 0 && errno == ESRCH) fs::remove(entry.path(), error);
  }
}

FileLock::FileLock(const std::filesystem::path& path) {
  int result = 0;
  // Again where its owner has removed the file meanwhile: that one keeps nobody out.
  do {
    file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!file_.is_open()) {
      fail(ErrorKind::kCannotCreate, "{}: cannot be created ({})", path.string(),
           detail::error_text(errno));
    }
    do {
      result = ::flock(file_.get(), LOCK_EX | LOCK_NB);
    } while (result != 0 && errno == EINTR);
  } while (result == 0 && !is_at(path, file_.get()));
  if (result != 0 && errno == EWOULDBLOCK) {
    fail(ErrorKind::kCannotCreate,
         "{}: another process{} works in this folder; wait for its end or choose another folder",
         path.string(), owner(file_.get()));
  }
  if (result != 0) {
    fail(ErrorKind::kCannotCreate, "{}: cannot be locked ({})", path.string(),
         detail::error_text(errno));
  }
  // The number is for the message above alone: on a full disk the lock holds without it.
  if (::ftruncate(file_.get(), 0) == 0) {
    detail::write_all(file_.get(), fmt::format("{}\n", ::getpid()));
  }
}

}  // namespace spvae
