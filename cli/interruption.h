#pragma once

namespace spvae::cli {

/// From now on SIGINT, SIGTERM and SIGHUP set a flag instead of ending the process; the second such
/// signal ends it at once. For commands that ask interrupted().
void stop_on_signals();

/// From now on writing to a closed pipe, or beyond a file's permitted size, is an error of the
/// write instead of a signal.
void turn_write_signals_into_errors();

/// Whether a signal has asked to stop.
bool interrupted();

}  // namespace spvae::cli
