#include "reproduce_trials.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "output.h"
#include "process.h"
#include "progress.h"
#include "spvae/data/opened_data.h"
#include "spvae/experiment/latent_space.h"
#include "spvae/experiment/results.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/digest.h"
#include "spvae/io/file.h"
#include "spvae/model/checkpoint.h"
#include "spvae/plot/write_plot.h"
#include "spvae/run/run_folder.h"

namespace spvae::cli {
namespace fs = std::filesystem;
namespace {

/// Shows a trial's training and scoring on stderr.
class Display : public TrainingDisplays<TrialObserver> {
 public:
  explicit Display(const std::string& heading) { ProgressDisplay().show(heading, true); }
  bool on_scoring(const std::string& split, double done, int total) override {
    end_training();
    if (!scoring_ || split != split_) {
      split_ = split;
      progress_.emplace();
      scoring_ = scoring_progress(*progress_, "scoring " + split);
    }
    return scoring_(done, total);
  }

 private:
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

bool is_finished(const Trial& trial, const TrialFolders& folders) {
  return trial_status(trial, folders).stage == TrialStatus::Stage::kFinished;
}

/// "spvae/mnist/gaussian, seed 0"
std::string seed_name(const Trial& trial) {
  return fmt::format("{}, seed {}", trial.name(), std::to_string(trial.run.config.train.seed));
}

/// Whether a trial that failed so must not keep the others from running: its data set is not there,
/// another process is at its run, its training diverged, its old result is spoilt.
bool is_of_one_trial(const Error& error) {
  return error.kind() != ErrorKind::kInterrupted && error.kind() != ErrorKind::kIo;
}

/// Runs a trial, or returns why it must be left out.
std::optional<Error> run_one(const Trial& trial, const TrialFolders& folders,
                             const TrialPlace& place, const std::string& heading) {
  Display display(heading);
  try {
    if (!is_spoilt(trial, folders)) run_trial(trial, folders, place, display, interrupted);
    trial_outcome(trial, folders);  // what cannot be read back is no result
    return std::nullopt;
  } catch (const Error& error) {
    if (!is_of_one_trial(error)) throw;
    return error;
  }
}

/// TP19 Fig. 3; nothing, with a word of it, where only the result is here, not the run's model.
Figure latent_figure(const Outcome& outcome, const TrialFolders& folders) {
  constexpr int kCodesOfASide = 15;
  const fs::path model = folders.runs / outcome.trial.stem() / RunFolder::kModelFile;
  if (!is_there(model) ||
      digest_of_content(model).sha256 != outcome.result.at("model_digest").get<std::string>()) {
    ProgressDisplay().say(fmt::format(
        "figure3: no picture is drawn: that takes the model that the result is of, which is not "
        "in {}",
        model.string()));
    return {};
  }
  const StoredModel stored = load_model(model);
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, stored.model.leaves(), pool);
  return {latent_space_grid(stored.model, *engine, kCodesOfASide)};
}

/// What makes all of an experiment's results again; with --data-dir where it takes more data than
/// are installed.
std::string whole_command(const Experiment& all, const std::string& what) {
  int seeds = 1;
  bool needs_data = false;
  for (const Trial& trial : all.trials) {
    seeds = std::max(seeds, trial.seed_number + 1);
    const std::string data = trial.run.config.data;
    needs_data = needs_data || (is_named_set(data) && data != RunConfig().data);
  }
  return reproduce_command(what, "*", seeds) + (needs_data ? " --data-dir DIR" : "");
}

}  // namespace

void warn_of_spoilt_results(const Experiment& chosen, const ReproduceTarget& target) {
  for (const Trial& trial : read_experiment(find_experiment(target.what)).trials) {
    const bool is_chosen = std::ranges::any_of(
        chosen.trials, [&trial](const Trial& one) { return one.stem() == trial.stem(); });
    if (is_chosen || !is_spoilt(trial, target.folders)) continue;
    warn_user(fmt::format("{} shows nothing of {}: its result is of another config or damaged",
                          target.what, seed_name(trial)));
  }
}

std::optional<Error> run_trials(const Experiment& chosen, const ReproduceTarget& target,
                                const TrialPlace& place) {
  std::vector<const Trial*> left;
  for (const Trial& trial : chosen.trials) {
    if (!is_finished(trial, target.folders)) left.push_back(&trial);
  }
  if (left.empty()) return std::nullopt;
  create_folders(target.folders.runs);
  for (const fs::path& folder : {target.out, target.folders.results, target.folders.runs}) {
    check_writable(folder);
  }
  std::ranges::stable_sort(left, {}, &Trial::minutes);
  std::vector<std::pair<const Trial*, Error>> failed;
  int number = 0;
  for (const Trial* trial : left) {
    ++number;
    if (is_finished(*trial, target.folders)) continue;  // by another process
    const std::string heading =
        fmt::format("{} of {}: {}, about {}", number, left.size(), seed_name(*trial),
                    duration_text(60 * trial_status(*trial, target.folders).minutes_left));
    if (const auto error = run_one(*trial, target.folders, place, heading)) {
      warn_user(fmt::format("{}, is left out: {}", seed_name(*trial), error->what()));
      failed.emplace_back(trial, *error);
    } else {
      write_results(target);
    }
  }
  std::erase_if(failed,
                [&target](const auto& one) { return is_finished(*one.first, target.folders); });
  if (failed.empty()) return std::nullopt;
  const auto& [trial, error] = failed.front();
  return Error(error.kind(),
               fmt::format("{} of {} left out; the first, {}: {}", failed.size(),
                           counted(left.size(), "run"), seed_name(*trial), error.what()));
}

std::string reproduce_command(const std::string& what, const std::string& cell, int seeds) {
  std::string text = "spvae reproduce " + what;
  if (cell != "*") text += " --cell '" + cell + "'";
  if (seeds > 1) text += fmt::format(" --seeds {}", seeds);
  return text;
}

void write_if_changed(const fs::path& path, const std::string& content) {
  if (is_there(path) && read_file(path) == content) return;
  write_file_atomically(path, content);
}

void write_results(const ReproduceTarget& target) {
  const Experiment all = read_experiment(find_experiment(target.what));
  const std::vector<Outcome> finished = outcomes(all, target.folders);
  if (finished.empty()) return;
  const std::string command = whole_command(all, target.what);
  const fs::path base = target.out / target.what;
  Figure figure;
  if (target.what == "figure2") figure = low_data_figure(finished);
  if (target.what == "figure3") figure = latent_figure(finished.front(), target.folders);
  if (!figure.empty()) {
    for (const PlotFormat format : {PlotFormat::kSvg, PlotFormat::kPng}) {
      const char* ending = format == PlotFormat::kSvg ? ".svg" : ".png";
      write_if_changed(base.string() + ending, render_plot(figure, format));
    }
  }
  const bool has_picture = is_there(base.string() + ".png");
  write_if_changed(
      base.string() + ".md",
      results_markdown(all, finished, command, has_picture ? target.what + ".png" : ""));
  write_if_changed(base.string() + ".csv", results_csv(finished));
  write_if_changed(base.string() + ".json", results_json(all, finished, command).dump(2) + "\n");
}

}  // namespace spvae::cli
