#pragma once

#include <chrono>
#include <string>

#include "spvae/query/evidence.h"

namespace spvae::cli {

/// Progress on stderr: on a terminal one line that is rewritten, otherwise plain lines, no more
/// often than every few seconds.
class ProgressDisplay {
 public:
  ProgressDisplay();
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// Shows `line` if it is time to. Forced lines are shown whatever the time: the first, the last.
  void show(const std::string& line, bool forced = false);
  /// Lets `line` stand, all of it, on a line of its own: a warning, which show() would cut to the
  /// width of the terminal.
  void say(const std::string& line);
  /// Whether show() would show: saves the formatting of what nobody sees.
  bool due() const;
  bool on_terminal() const { return terminal_; }
  /// Lets the current line stand; the next begins below it.
  void end_line();

 private:
  using Clock = std::chrono::steady_clock;
  bool terminal_;
  bool line_open_ = false;
  Clock::time_point shown_{};
};

/// "42 s", "3:07" (minutes), "1:02:09" (hours).
std::string duration_text(double seconds);

/// Shows scoring on `display`, "LABEL: 12 of 100 images, 7 s left", and stops it when the user asks
/// to (interrupted()). The display must outlive it.
EvaluationObserver scoring_progress(ProgressDisplay& display, const std::string& label);

}  // namespace spvae::cli
