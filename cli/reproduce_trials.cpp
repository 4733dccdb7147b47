#include "reproduce_trials.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "interruption.h"
#include "output.h"
#include "progress.h"
#include "scoring_progress.h"
#include "training_display.h"

namespace spvae::cli {
namespace fs = std::filesystem;
namespace {

/// Shows a trial's training and scoring on stderr.
class Display : public TrialObserver {
 public:
  explicit Display(const std::string& heading) {
    ProgressDisplay heading_line;
    heading_line.show(heading, true);
  }
  void on_start(const TrainStart& start) override { training_.emplace().on_start(start); }
  void on_step(std::int64_t step, double bound) override { training_->on_step(step, bound); }
  void on_check(const CheckReport& report) override { training_->on_check(report); }
  void on_message(const std::string& message) override {
    if (message.starts_with("warning: ")) ProgressDisplay().say(message);
  }
  bool on_scoring(const std::string& split, double done, int total) override {
    training_.reset();
    if (!scoring_ || split != split_) {
      split_ = split;
      progress_.emplace();
      scoring_ = scoring_progress(*progress_, "scoring " + split);
    }
    return scoring_(done, total);
  }

 private:
  std::optional<TrainingDisplay> training_;
  std::string split_;
  std::optional<ProgressDisplay> progress_;
  EvaluationObserver scoring_;
};

/// Before hours are spent on what cannot be kept.
void check_writable(const fs::path& folder) {
  if (access(folder.c_str(), W_OK) == 0) return;
  fail(ErrorKind::kCannotCreate, "{}: cannot be written to ({}); choose another --out",
       folder.string(), std::generic_category().message(errno));
}

/// Whether there is a result, but of another config or damaged.
bool is_spoilt(const Trial& trial, const TrialFolders& folders) {
  const TrialStatus::Stage stage = trial_status(trial, folders).stage;
  return stage == TrialStatus::Stage::kStale || stage == TrialStatus::Stage::kDamaged;
}

/// Whether a trial that failed so must not keep the others from running: its data set is not there,
/// another process is at its run, its training diverged, its old result is spoilt.
bool is_of_one_trial(const Error& error) {
  return error.kind() != ErrorKind::kInterrupted && error.kind() != ErrorKind::kIo;
}

}  // namespace

void warn_of_spoilt_results(const Experiment& chosen, const ReproduceTarget& target) {
  for (const Trial& trial : read_experiment(find_experiment(target.what)).trials) {
    const bool is_chosen = std::ranges::any_of(
        chosen.trials, [&trial](const Trial& one) { return one.stem() == trial.stem(); });
    if (is_chosen || !is_spoilt(trial, target.folders)) continue;
    ProgressDisplay().say(fmt::format(
        "warning: {} shows nothing of {}, seed {}, whose result is of another config or damaged",
        target.what, trial.name(), trial.config.at("seed").dump()));
  }
}

std::optional<Error> run_trials(const Experiment& chosen, const ReproduceTarget& target,
                                const TrialPlace& place) {
  const auto is_finished = [&target](const Trial* trial) {
    return trial_status(*trial, target.folders).stage == TrialStatus::Stage::kFinished;
  };
  std::vector<const Trial*> left;
  for (const Trial& trial : chosen.trials) {
    if (!is_finished(&trial)) left.push_back(&trial);
  }
  if (left.empty()) return std::nullopt;
  check_writable(target.out);
  check_writable(target.folders.results);
  std::ranges::stable_sort(left, {}, &Trial::minutes);
  std::vector<std::pair<const Trial*, Error>> failed;
  int number = 0;
  for (const Trial* trial : left) {
    ++number;
    if (is_finished(trial)) continue;  // by another process
    Display display(
        fmt::format("{} of {}: {}, seed {}, about {}", number, left.size(), trial->name(),
                    trial->config.at("seed").dump(),
                    duration_text(60 * trial_status(*trial, target.folders).minutes_left)));
    try {
      if (is_spoilt(*trial, target.folders)) trial_scores(*trial, target.folders);  // throws: why
      run_trial(*trial, target.folders, place, display, interrupted);
    } catch (const Error& error) {
      if (!is_of_one_trial(error)) throw;
      ProgressDisplay().say(fmt::format("warning: {}, seed {}, is left out: {}", trial->name(),
                                        trial->config.at("seed").dump(), error.what()));
      failed.emplace_back(trial, error);
      continue;
    }
    write_results(target);
  }
  std::erase_if(failed, [&](const auto& one) { return is_finished(one.first); });
  if (failed.empty()) return std::nullopt;
  const auto& [trial, error] = failed.front();
  return Error(error.kind(), fmt::format("{} of {} left out; the first, {}, seed {}: {}",
                                         failed.size(), counted(left.size(), "run"), trial->name(),
                                         trial->config.at("seed").dump(), error.what()));
}

}  // namespace spvae::cli
