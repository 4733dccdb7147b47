#include "interruption.h"

#include <unistd.h>

#include <atomic>
#include <csignal>

#include "exit_codes.h"
#include "spvae/core/error.h"

namespace spvae::cli {
namespace {

std::atomic<bool> stop_requested{false};
static_assert(std::atomic<bool>::is_always_lock_free, "a signal handler may use nothing else");

extern "C" void request_stop(int) {
  if (stop_requested.exchange(true)) _exit(kInterruptedBySignal);
}

}  // namespace

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
