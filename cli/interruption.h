#pragma once

namespace spvae::cli {

/// From now on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process; the second such
/// signal ends it at once. Writing to a closed pipe, or beyond a file's permitted size, becomes an
/// error of the write instead of a signal.
void catch_signals();

/// Whether a signal has asked to stop.
bool interrupted();

}  // namespace spvae::cli
