#include "reproduce_results.h"

#include <fmt/format.h>

#include <algorithm>

#include "progress.h"
#include "spvae/data/data_origin.h"
#include "spvae/experiment/experiment.h"
#include "spvae/experiment/latent_space.h"
#include "spvae/experiment/low_data_figure.h"
#include "spvae/experiment/results.h"
#include "spvae/experiment/results_markdown.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/digest.h"
#include "spvae/io/file.h"
#include "spvae/model/checkpoint.h"
#include "spvae/model/engine.h"
#include "spvae/plot/write_plot.h"
#include "spvae/train/run_folder.h"

namespace spvae::cli {
namespace fs = std::filesystem;
namespace {

/// TP19 Fig. 3; nothing, with a word of it, where only the result is here, not the run's model.
Figure latent_figure(const Outcome& outcome, const TrialFolders& folders) {
  constexpr int kCodesOfASide = 15;
  const fs::path model = folders.runs / outcome.trial.stem() / RunFolder::kModelFile;
  std::error_code absent;
  if (!fs::exists(model, absent) ||
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

std::string reproduce_command(const std::string& what, const std::string& cell, int seeds) {
  std::string text = "spvae reproduce " + what;
  if (cell != "*") text += " --cell '" + cell + "'";
  if (seeds > 1) text += fmt::format(" --seeds {}", seeds);
  return text;
}

void write_if_changed(const fs::path& path, const std::string& content) {
  std::error_code absent;
  if (fs::exists(path, absent) && read_file(path) == content) return;
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
  std::error_code absent;
  const bool has_picture = fs::exists(base.string() + ".png", absent);
  write_if_changed(
      base.string() + ".md",
      results_markdown(all, finished, command, has_picture ? target.what + ".png" : ""));
  write_if_changed(base.string() + ".csv", results_csv(finished));
  write_if_changed(base.string() + ".json", results_json(all, finished, command).dump(2) + "\n");
}

}  // namespace spvae::cli
