#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace spvae {

/// What went wrong, as far as a caller can act on it; the command maps each kind to one exit code.
enum class ErrorKind {
  kUsage,         ///< an unknown or absurd option, key or value
  kData,          ///< a file's content is not what it claims to be
  kNoInput,       ///< an input file is missing or cannot be read
  kCannotCreate,  ///< an output cannot be created
  kIo,            ///< reading or writing failed on the way (disk full, device error)
  kNumerical,     ///< a value that must be finite is not
  kInterrupted,   ///< stopped on request; everything is saved
};

/// The user's failure: one clear sentence (what, got, expected, where, what to do).
/// Bugs of our own are assertions, never an Error.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

/// Throws an Error whose message is formatted as by fmt::format.
template <class... Arguments>
[[noreturn]] void fail(ErrorKind kind, fmt::format_string<Arguments...> format,
                       Arguments&&... arguments) {
  throw Error(kind, fmt::format(format, std::forward<Arguments>(arguments)...));
}

}  // namespace spvae
