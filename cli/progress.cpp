#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <optional>

#include "interruption.h"
#include "output.h"

namespace spvae::cli {
namespace {

constexpr std::chrono::milliseconds kTerminalInterval{100};
constexpr std::chrono::milliseconds kLineInterval{2000};

// A line longer than the terminal would wrap, and could not be rewritten.
std::string fitting(const std::string& line) {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return line;
  return line.substr(0, size.ws_col - 1U);
}

}  // namespace

ProgressDisplay::ProgressDisplay() : terminal_(isatty(STDERR_FILENO) == 1) {}

ProgressDisplay::~ProgressDisplay() { end_line(); }

void ProgressDisplay::end_line() {
  if (line_open_) std::fputs("\n", stderr);
  line_open_ = false;
}

bool ProgressDisplay::due() const {
  return Clock::now() - shown_ >= (terminal_ ? kTerminalInterval : kLineInterval);
}

void ProgressDisplay::show(const std::string& line, bool forced) {
  if (!forced && !due()) return;
  shown_ = Clock::now();
  if (terminal_) {
    std::fputs(("\r\033[K" + fitting(one_line(line))).c_str(), stderr);
    line_open_ = true;
  } else {
    std::fputs((one_line(line) + "\n").c_str(), stderr);
  }
  std::fflush(stderr);
}

void ProgressDisplay::say(const std::string& line) {
  end_line();
  std::fputs((one_line(line) + "\n").c_str(), stderr);
  std::fflush(stderr);
}

std::string duration_text(double seconds) {
  const auto whole = static_cast<long long>(std::llround(std::fmin(std::fmax(seconds, 0), 1e12)));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

EvaluationObserver scoring_progress(ProgressDisplay& display, const std::string& label) {
  using Clock = std::chrono::steady_clock;
  struct Start {
    Clock::time_point time;
    double done;  ///< before it: what was scored before an interruption says nothing of the speed
  };
  return [&display, label, start = std::optional<Start>()](double done, int total) mutable {
    if (!start) start = {Clock::now(), done};
    const std::chrono::duration<double> elapsed = Clock::now() - start->time;
    const std::string left =
        done > start->done
            ? duration_text(elapsed.count() / (done - start->done) * (total - done)) + " left"
        : done < total ? "begun"
                       : "0 s left";
    display.show(fmt::format("{}: {} of {} images, {}", label, grouped(static_cast<int>(done)),
                             grouped(total), left),
                 done >= total);
    return !interrupted();
  };
}

}  // namespace spvae::cli
