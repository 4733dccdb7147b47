#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>

#include "commands.h"
#include "interruption.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "reproduce_status.h"
#include "scoring_progress.h"
#include "spvae/core/error.h"
#include "spvae/experiment/experiment.h"
#include "spvae/experiment/latent_space.h"
#include "spvae/experiment/low_data_figure.h"
#include "spvae/experiment/parameter_table.h"
#include "spvae/experiment/results.h"
#include "spvae/experiment/trial_run.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/digest.h"
#include "spvae/io/file.h"
#include "spvae/model/checkpoint.h"
#include "spvae/plot/write_plot.h"
#include "spvae/train/run_folder.h"
#include "training_display.h"

namespace spvae::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExample =
    "What TP19 reports, computed anew from the configurations in experiments/ and printed beside "
    "the\n"
    "paper's figures. Each run is trained and scored in RUNS/WHAT, and its result kept in\n"
    "OUT/WHAT; tables (.md, .csv, .json) and pictures in OUT are drawn anew after each. Cheapest "
    "first.\n"
    "Whatever stops it, the same command goes on, to the same figures; what OUT holds is not "
    "computed\n"
    "again.\n"
    "\n"
    "Examples:\n"
    "  spvae reproduce table2                              counts alone, in a moment\n"
    "  spvae reproduce table1 --cell spvae/mnist/gaussian  one cell, some five minutes\n"
    "  spvae reproduce table1 --cell '*spvae/mnist/*' --seeds 3\n"
    "  spvae reproduce figure2 --status                    what is done, what is left";

struct ReproduceConfig {
  std::string what;
  std::string cell = "*";
  int seeds = 1;
  std::string out = "results";
  std::string runs = "runs/reproduce";
  std::string data_dir;
  int threads = 0;
  bool status = false;
};

const FieldList<ReproduceConfig>& reproduce_fields() {
  using Config = ReproduceConfig;
  static const FieldList<Config> list = {
      text_field("what", &Config::what, "table1, table2, figure2 or figure3"),
      text_field("cell", &Config::cell,
                 "only cells of this name, MODEL/DATA/LIKELIHOOD[+VARIANT][@VALUE]; * and ? stand "
                 "for anything"),
      number_field("seeds", &Config::seeds, "seeds of each cell, as far as it has so many", 1, 100),
      text_field("out", &Config::out, "folder of the results"),
      text_field("runs", &Config::runs, "folder of the runs' own files"),
      text_field("data-dir", &Config::data_dir, "folder of the data sets"),
      number_field("threads", &Config::threads, "threads; 0 is one for each processor", 0, 1024),
      boolean_field("status", &Config::status, "say what is done and what is left; run nothing"),
  };
  return list;
}

std::string shown_default(const std::string& field) {
  if (field == "cell") return "all";
  if (field == "what" || field == "status" || field == "data-dir") return "";
  return flag_text(config_json(reproduce_fields(), ReproduceConfig{}).at(field));
}

ReproduceConfig checked_config(const Json& given) {
  ReproduceConfig config;
  apply_config(reproduce_fields(), given, config);
  constexpr const char* kKnown[] = {"table1", "table2", "figure2", "figure3"};
  if (std::ranges::find(kKnown, config.what) == std::end(kKnown)) {
    fail(ErrorKind::kUsage,
         "reproduce: got '{}', expected one of table1, table2, figure2, figure3; say 'spvae "
         "reproduce table1'",
         config.what);
  }
  return config;
}

/// Table 2 counts the models of Table 1.
std::string experiment_name(const ReproduceConfig& config) {
  return config.what == "table2" ? "table1" : config.what;
}

/// The experiment, with the trials that were asked for alone.
Experiment chosen_experiment(const ReproduceConfig& config) {
  Experiment experiment = read_experiment(find_experiment(experiment_name(config)));
  std::erase_if(experiment.trials, [&config](const Trial& trial) {
    return trial.seed_number >= config.seeds ||
           fnmatch(config.cell.c_str(), trial.name().c_str(), 0) != 0;
  });
  if (experiment.trials.empty()) {
    fail(ErrorKind::kUsage, "cell: no cell of {} has a name like '{}'; see --status for all names",
         config.what, config.cell);
  }
  return experiment;
}

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

/// The words that make these results again.
std::string command_of(const ReproduceConfig& config) {
  std::string text = "spvae reproduce " + config.what;
  if (config.cell != "*") text += " --cell '" + config.cell + "'";
  if (config.seeds > 1) text += fmt::format(" --seeds {}", config.seeds);
  return text;
}

/// Leaves a file alone that holds just this: results may be looked at where nothing can be written.
void write_if_changed(const fs::path& path, const std::string& content) {
  std::error_code absent;
  if (fs::exists(path, absent) && read_file(path) == content) return;
  write_file_atomically(path, content);
}

/// TP19 Fig. 3; nothing where only the result is here, not the run with its model.
Figure latent_figure(const Outcome& outcome, const TrialFolders& folders) {
  constexpr int kCodesOfASide = 15;
  const fs::path model = folders.runs / outcome.trial.stem() / RunFolder::kModelFile;
  std::error_code absent;
  if (!fs::exists(model, absent) ||
      digest_of_content(model).sha256 != outcome.result.at("model_digest").get<std::string>()) {
    return {};
  }
  return {latent_space_grid(load_model(model).model, kCodesOfASide)};
}

void check_two_dimensions(const Experiment& experiment) {
  for (const Trial& trial : experiment.trials) {
    const int latent = run_config(trial.config).model.leaf.latent;
    if (latent == 2) continue;
    fail(ErrorKind::kUsage, "figure3: {} has {} latent dimensions, expected 2", trial.name(),
         latent);
  }
}

/// Draws the tables and figures anew from all that is finished, whatever cells this call was asked
/// for.
void write_results(const ReproduceConfig& config, const TrialFolders& folders) {
  const Experiment all = read_experiment(find_experiment(config.what));
  const std::vector<Outcome> finished = outcomes(all, folders);
  if (finished.empty()) return;
  const std::string command = "spvae reproduce " + config.what;
  const fs::path base = fs::path(config.out) / config.what;
  write_if_changed(base.string() + ".md", results_markdown(all, finished, command));
  write_if_changed(base.string() + ".csv", results_csv(finished));
  write_if_changed(base.string() + ".json", results_json(all, finished, command).dump(2) + "\n");
  Figure figure;
  if (config.what == "figure2") figure = low_data_figure(finished);
  if (config.what == "figure3") figure = latent_figure(finished.front(), folders);
  if (figure.empty()) return;
  for (const PlotFormat format : {PlotFormat::kSvg, PlotFormat::kPng}) {
    const char* ending = format == PlotFormat::kSvg ? ".svg" : ".png";
    write_if_changed(base.string() + ending, render_plot(figure, format));
  }
}

std::string outcome_line(const Outcome& outcome) {
  const Json& test = outcome.result.at("test");
  std::string text =
      fmt::format("{:<36} seed {:<4}{:>10} ± {:.1f} nats", outcome.trial.name(),
                  outcome.trial.config.at("seed").dump(), nats_text(test.at("log_likelihood")),
                  test.at("standard_error").get<double>());
  if (outcome.trial.paper) {
    const double difference = difference_of(outcome);
    text +=
        fmt::format("   TP19 {:>7}   {:+.1f}{}", outcome.trial.paper->log_likelihood, difference,
                    outcome.result.contains("data_warning") ? " (not comparable)"
                    : difference < 0                        ? " (short)"
                                                            : "");
  }
  return text + "\n";
}

void run_trials(const Experiment& experiment, const TrialFolders& folders,
                const ReproduceConfig& config) {
  std::vector<const Trial*> left;
  for (const Trial& trial : experiment.trials) {
    const TrialStatus::Stage stage = trial_status(trial, folders).stage;
    if (stage == TrialStatus::Stage::kStale) trial_result(trial, folders);  // throws: says why
    if (stage != TrialStatus::Stage::kFinished) left.push_back(&trial);
  }
  std::ranges::stable_sort(left, {}, &Trial::minutes);
  // A data set that is not there, or another process at one of the runs, must not keep the rest
  // from running.
  std::optional<Error> missing;
  int number = 0;
  for (const Trial* trial : left) {
    Display display(fmt::format("{} of {}: {}, seed {}, about {}", ++number, left.size(),
                                trial->name(), trial->config.at("seed").dump(),
                                duration_text(60 * trial_status(*trial, folders).minutes_left)));
    try {
      run_trial(*trial, folders, {.data_dir = config.data_dir, .threads = config.threads}, display,
                interrupted);
      write_results(config, folders);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kNoInput && error.kind() != ErrorKind::kCannotCreate) throw;
      if (!missing) missing = error;
    }
  }
  if (missing) throw Error(*missing);
}

/// TP19 Table 2: all of it is written, the chosen cells are printed.
void reproduce_table2(const ReproduceConfig& config, const Options& options) {
  if (config.status) {
    fail(ErrorKind::kUsage, "status: table2 is counted in a moment; leave --status out");
  }
  const auto chosen = parameter_rows(chosen_experiment(config));
  if (chosen.empty()) {
    fail(ErrorKind::kUsage, "cell: '{}' names no cell of the paper's Table 2", config.cell);
  }
  const auto all = parameter_rows(read_experiment(find_experiment(experiment_name(config))));
  create_folders(config.out);
  const fs::path base = fs::path(config.out) / config.what;
  write_if_changed(base.string() + ".md", parameter_markdown(all));
  write_if_changed(base.string() + ".csv", parameter_csv(all));
  write_if_changed(base.string() + ".json", parameter_json(all).dump(2) + "\n");
  if (options.json()) return print_json(parameter_json(chosen));
  std::string text;
  for (const ParameterRow& row : chosen) {
    text += fmt::format("{:<28}{:>12} parameters   {:>5} thousand   TP19 {:>5}   {}\n", row.cell,
                        grouped(static_cast<long long>(row.count.all)), row.thousands(),
                        row.paper_thousands, row.is_equal() ? "equal" : "DIFFERENT");
  }
  print(text);
}

void run_reproduce(const Options& options) {
  stop_on_signals();
  const ReproduceConfig config = checked_config(options.given());
  if (config.what == "table2") return reproduce_table2(config, options);
  const Experiment experiment = chosen_experiment(config);
  const TrialFolders folders{.results = fs::path(config.out) / config.what,
                             .runs = fs::path(config.runs) / config.what};
  if (config.status) {
    const Json status = status_json(experiment, folders);
    if (options.json()) return print_json(status);
    return print(readable_status(status));
  }
  if (config.what == "figure3") check_two_dimensions(experiment);
  create_folders(folders.results);
  write_results(config, folders);
  run_interruptible("the same command goes on", [&] { run_trials(experiment, folders, config); });
  const std::vector<Outcome> finished = outcomes(experiment, folders);
  if (options.json()) return print_json(results_json(experiment, finished, command_of(config)));
  std::string text;
  for (const Outcome& outcome : finished) text += outcome_line(outcome);
  print(text);
}

}  // namespace

Run add_reproduce(CLI::App& command) {
  auto options = std::make_shared<Options>(command, kExample, field_infos(reproduce_fields()),
                                           shown_default, std::vector<std::string>{"what"});
  return [options] { run_reproduce(*options); };
}

}  // namespace spvae::cli
