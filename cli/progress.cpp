#include "progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>

#include "output.h"
#include "process.h"

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

void warn_user(const std::string& warning) { ProgressDisplay().say("warning: " + warning); }

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
    display.show(fmt::format("{}: {} of {} images, {}", label, count_text(static_cast<int>(done)),
                             count_text(total), left),
                 done >= total);
    return !interrupted();
  };
}

void TrainingDisplay::on_loading(std::size_t done, std::size_t files) {
  constexpr std::size_t kMany = 1000;  // fewer are read in no time
  if (files < kMany || !progress_.due()) return;
  progress_.show(
      fmt::format("reading images: {} of {} files", count_text(done), count_text(files)));
}

void TrainingDisplay::on_start(const TrainStart& start) {
  max_steps_ = start.config.train.max_steps;
  first_step_ = start.step;
  began_ = Clock::now();
  last_.reset();
  progress_.show(
      fmt::format("train: {} parameters, {} training and {}{}", count_text(start.parameters),
                  count_text(start.training_images),
                  counted(start.validation_images,
                          std::string("validation ") + start.config.model.columns.thing()),
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
  const int unused = last_ ? last_->check.use.unused_leaves() : 0;
  progress_.show(
      fmt::format("step {} of {}  bound {} nats  best {}{}  {:.1f} steps/s  at most {} left", step,
                  max_steps_, nats_text(bound), best,
                  unused == 0 ? "" : fmt::format("  {} leaves unused", unused), rate,
                  duration_text(left)),
      forced);
}

}  // namespace spvae::cli
