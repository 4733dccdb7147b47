#pragma once

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

}  // namespace spvae::cli
