#include "process.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
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

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may use nothing else");

extern "C" void request_stop(int) {
  if (stop_requested.exchange(true)) _exit(kInterruptedBySignal);
}

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

void stop_on_signals() {
  struct sigaction action = {};
  action.sa_handler = request_stop;
  action.sa_flags = SA_RESTART;  // no read or write of ours fails because of a signal
  sigemptyset(&action.sa_mask);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction inherited = {};
    sigaction(signal, nullptr, &inherited);
    // What a parent ignores on our behalf (nohup, a script's background job) stays ignored.
    if (inherited.sa_handler != SIG_IGN) sigaction(signal, &action, nullptr);
  }
}

void turn_write_signals_into_errors() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

bool interrupted() { return stop_requested; }

void run_interruptible(const std::string& how_to_go_on, const std::function<void()>& work) try {
  work();
} catch (const Error& error) {
  if (error.kind() != ErrorKind::kInterrupted) throw;
  throw Error(error.kind(), std::string(error.what()) + "; " + how_to_go_on);
}

}  // namespace spvae::cli
