#include "training_display.h"

#include <fmt/format.h>

#include "output.h"

namespace spvae::cli {

void TrainingDisplay::on_loading(std::size_t done, std::size_t files) {
  constexpr std::size_t kMany = 1000;  // fewer are read in no time
  if (files < kMany || !progress_.due()) return;
  progress_.show(fmt::format("reading images: {} of {} files",
                             grouped(static_cast<long long>(done)),
                             grouped(static_cast<long long>(files))));
}

void TrainingDisplay::on_start(const TrainStart& start) {
  max_steps_ = start.config.train.max_steps;
  first_step_ = start.step;
  began_ = Clock::now();
  last_.reset();
  progress_.show(
      fmt::format("train: {} parameters, {} training and {}{}",
                  grouped(static_cast<long long>(start.parameters)), grouped(start.training_images),
                  counted(start.validation_images, "validation image"),
                  start.step == 0 ? "" : fmt::format(", from step {}", start.step)),
      true);
  progress_.end_line();
}

void TrainingDisplay::on_step(std::int64_t step, double training_bound) {
  if (!progress_.on_terminal() || !progress_.due()) return;
  const double seconds = std::chrono::duration<double>(Clock::now() - began_).count();
  const double rate = static_cast<double>(step - first_step_) / seconds;
  show(step, last_ ? last_->check.validation_bound : training_bound, rate,
       static_cast<double>(max_steps_ - step) / rate, false);
}

void TrainingDisplay::on_check(const CheckReport& report) {
  last_ = report;
  show(report.check.step, report.check.validation_bound, report.steps_per_second,
       report.seconds_left_at_most, report.check.step == max_steps_);
}

void TrainingDisplay::on_message(const std::string& message) {
  const bool is_new = !message.starts_with("warning: ") || warnings_.insert(message).second;
  if (is_new) progress_.say(message);
}

void TrainingDisplay::show(std::int64_t step, double bound, double rate, double left, bool forced) {
  const std::string best = last_
                               ? fmt::format("{} at step {}", nats_text(last_->progress.best_bound),
                                             last_->progress.best_step)
                               : "none yet";
  progress_.show(
      fmt::format("step {} of {}  bound {} nats  best {}  {:.1f} steps/s  at most {} left", step,
                  max_steps_, nats_text(bound), best, rate, duration_text(left)),
      forced);
}

}  // namespace spvae::cli
