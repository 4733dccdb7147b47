#pragma once

#include <functional>
#include <string>

#include "spvae/core/error.h"

namespace spvae::cli {

/// What the shell sees. 64 to 74 as in sysexits.h; 79 lies just beyond its codes.
enum ExitCode : int {
  kSuccess = 0,
  kBug = 70,
  kOutOfMemory = 71,
  kInterruptedBySignal = 130,
};

int exit_code(ErrorKind kind);

/// The table of all codes, a line each, for `spvae --help`.
std::string exit_codes_help();

/// From now on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process; the second such
/// signal ends it at once. For commands that ask interrupted().
void stop_on_signals();

/// From now on writing to a closed pipe, or beyond a file's permitted size, is an error of the
/// write instead of a signal.
void turn_write_signals_into_errors();

/// Whether a signal has asked to stop.
bool interrupted();

/// Calls `work`; where it was stopped on request, `how_to_go_on` is added to the error's sentence.
void run_interruptible(const std::string& how_to_go_on, const std::function<void()>& work);

}  // namespace spvae::cli
