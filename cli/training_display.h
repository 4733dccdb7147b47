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

}  // namespace spvae::cli
