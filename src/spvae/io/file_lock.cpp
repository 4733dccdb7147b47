#include "spvae/io/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>

#include "spvae/core/error.h"
#include "spvae/io/file.h"

namespace spvae {
namespace {

// " 1234", or nothing if the owner has not written its number.
std::string owner(int descriptor) {
  char text[24];
  const ssize_t length = ::pread(descriptor, text, sizeof text, 0);
  const char* end = std::find_if_not(text, text + std::max<ssize_t>(length, 0),
                                     [](char c) { return c >= '0' && c <= '9'; });
  return end == text ? "" : " " + std::string(text, static_cast<std::size_t>(end - text));
}

}  // namespace

FileLock::FileLock(const std::filesystem::path& path)
    : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666)) {
  if (!file_.is_open()) {
    fail(ErrorKind::kCannotCreate, "{}: cannot be created ({})", path.string(),
         detail::error_text(errno));
  }
  int result = 0;
  do {
    result = ::flock(file_.get(), LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
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
