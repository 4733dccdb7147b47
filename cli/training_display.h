#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "progress.h"
#include "spvae/train/train_observer.h"

namespace spvae::cli {

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
