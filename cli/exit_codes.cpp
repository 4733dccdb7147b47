#include "exit_codes.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

namespace spvae::cli {
namespace {

struct Row {
  int code;
  std::optional<ErrorKind> kind;
  std::string_view meaning;
};

// The one table of exit codes; docs/commands.md repeats it.
constexpr Row kTable[] = {
    {kSuccess, {}, "success"},
    {64, ErrorKind::kUsage, "usage: an unknown or absurd command, flag, key or value"},
    {65, ErrorKind::kData, "a file's content is not what it should be"},
    {66, ErrorKind::kNoInput, "an input file is missing or cannot be read"},
    {kBug, {}, "a bug of spvae"},
    {kOutOfMemory, {}, "out of memory, or another lack of the system"},
    {73, ErrorKind::kCannotCreate, "an output cannot be created"},
    {74, ErrorKind::kIo, "reading or writing failed on the way"},
    {79, ErrorKind::kNumerical, "numerical failure: a value that must be finite is not"},
    {kInterruptedBySignal, ErrorKind::kInterrupted, "interrupted by Ctrl-C or a signal"},
};

}  // namespace

int exit_code(ErrorKind kind) {
  for (const Row& row : kTable) {
    if (row.kind == kind) return row.code;
  }
  return kBug;
}

std::string exit_codes_help() {
  std::string text = "Exit codes:\n";
  for (const Row& row : kTable) text += fmt::format("  {:>3}  {}\n", row.code, row.meaning);
  return text;
}

}  // namespace spvae::cli
