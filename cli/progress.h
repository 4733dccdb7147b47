#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "spvae/query/evidence.h"
#include "spvae/run/train_observer.h"

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

/// Says "warning: " and what is worth telling the user, above whatever progress is shown.
void warn_user(const std::string& warning);

/// "42 s", "3:07" (minutes), "1:02:09" (hours).
std::string duration_text(double seconds);

/// Shows scoring on `display`, "LABEL: 12 of 100 images, 7 s left", and stops it when the user asks
/// to (interrupted()). The display must outlive it.
EvaluationObserver scoring_progress(ProgressDisplay& display, const std::string& label);

/// Shows training on stderr, of one model or of several after each other: a warning once.
class TrainingDisplay : public TrainObserver {
 public:
  void on_loading(std::size_t done, std::size_t files) override;
  void on_start(const TrainStart& start) override;
  void on_step(std::int64_t step, double training_bound) override;
  void on_check(const CheckReport& report) override;
  void on_message(const std::string& message) override;

 private:
  using Clock = std::chrono::steady_clock;

  void show(std::int64_t step, double bound, double rate, double left, bool forced);

  ProgressDisplay progress_;
  std::int64_t max_steps_ = 0;
  std::int64_t first_step_ = 0;
  Clock::time_point began_;
  std::optional<CheckReport> last_;
  std::set<std::string> warnings_;
};

/// The part that observers of many trainings after each other share: a display of its own for each,
/// of which warnings alone are let through.
template <class Observer>
class TrainingDisplays : public Observer {
 public:
  void on_start(const TrainStart& start) override { training_.emplace().on_start(start); }
  void on_step(std::int64_t step, double bound) override { training_->on_step(step, bound); }
  void on_check(const CheckReport& report) override { training_->on_check(report); }
  void on_message(const std::string& message) override {
    if (!message.starts_with("warning: ")) return;
    if (training_) return training_->on_message(message);
    ProgressDisplay().say(message);
  }

 protected:
  /// Lets the last line of a training stand.
  void end_training() { training_.reset(); }

 private:
  std::optional<TrainingDisplay> training_;
};

}  // namespace spvae::cli
