#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "spvae/train/run_config.h"
#include "spvae/train/trainer.h"

namespace spvae {

/// What is known when training begins.
struct TrainStart {
  RunConfig config;  ///< as it is trained, the data's height and width included
  int training_images = 0;
  int validation_images = 0;
  std::size_t parameters = 0;
  std::int64_t step = 0;  ///< steps done before, of a resumed run
};

/// A check, and how fast training goes. Times are of this process.
struct CheckReport {
  Check check;
  Progress progress;            ///< after the check
  double seconds = 0;           ///< since training began or was resumed
  double steps_per_second = 0;  ///< since the last check, its validation included
  /// Processor time of all threads for a step, since the last check, its validation included: what
  /// other load on the machine changes little.
  double processor_seconds_per_step = 0;
  double seconds_left_at_most = 0;  ///< to max-steps at this speed; early stopping may come first
};

/// Watches training, on the thread that trains.
class TrainObserver {
 public:
  virtual ~TrainObserver() = default;
  /// Files of images that are read, of how many: called by one thread at a time, of any.
  virtual void on_loading(std::size_t /*done*/, std::size_t /*files*/) {}
  virtual void on_start(const TrainStart& start) = 0;
  /// After each step: its number, from 1, and its mean bound in nats.
  virtual void on_step(std::int64_t step, double training_bound) = 0;
  virtual void on_check(const CheckReport& report) = 0;
  /// Something worth telling the user, one sentence.
  virtual void on_message(const std::string& message) = 0;
};

/// Passes everything on to another observer, which must outlive it: for those that step in at one
/// event alone.
class RelayObserver : public TrainObserver {
 public:
  explicit RelayObserver(TrainObserver& next) : next_(next) {}

  void on_loading(std::size_t done, std::size_t files) override { next_.on_loading(done, files); }
  void on_start(const TrainStart& start) override { next_.on_start(start); }
  void on_step(std::int64_t step, double bound) override { next_.on_step(step, bound); }
  void on_check(const CheckReport& report) override { next_.on_check(report); }
  void on_message(const std::string& message) override { next_.on_message(message); }

 private:
  TrainObserver& next_;
};

}  // namespace spvae
