#include <fnmatch.h>

#include <algorithm>

#include "options.h"
#include "output.h"
#include "process.h"
#include "progress.h"
#include "reproduce_trials.h"
#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/experiment/results.h"
#include "spvae/io/file.h"

namespace spvae::cli {
namespace fs = std::filesystem;
namespace {

constexpr const char* kExample =
    R"(What TP19 reports, and the parts of the density recipe, computed anew from the configurations in experiments/ and printed beside the
paper's figures. Each run is trained and scored in RUNS/WHAT, and its result kept in
OUT/WHAT; tables (.md, .csv, .json) and pictures in OUT are drawn anew after each. Cheapest first.
Whatever stops it, the same command goes on, to the same figures; what OUT holds is not computed
again.

Examples:
  spvae reproduce table2                              counts alone, in a moment
  spvae reproduce table1 --cell spvae/mnist/gaussian  one cell, some five minutes
  spvae reproduce table1 --cell '*spvae/mnist/*' --seeds 3
  spvae reproduce figure2 --status                    what is done, what is left
  spvae reproduce density                             what each part of the density recipe is worth)";

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

/// Table 2 counts parameters: nothing is trained for it.
Field<ReproduceConfig> for_runs(Field<ReproduceConfig> field) {
  return only_for<ReproduceConfig>(
      "table1, figure2, figure3 and density",
      [](const ReproduceConfig& config) { return config.what != "table2"; }, std::move(field));
}

FieldList<ReproduceConfig> fields() {
  using Config = ReproduceConfig;
  return {
      text_field("what", &Config::what, "table1, table2, figure2, figure3 or density"),
      shown_as("all",
               text_field("cell", &Config::cell,
                          "only cells of this name, MODEL/DATA/LIKELIHOOD[+VARIANT][@VALUE]; "
                          "* and ? stand for anything")),
      for_runs(number_field("seeds", &Config::seeds, "seeds of each cell, as far as it has so many",
                            1, 100)),
      text_field("out", &Config::out, "folder of the results"),
      for_runs(text_field("runs", &Config::runs, "folder of the runs' own files")),
      for_runs(text_field("data-dir", &Config::data_dir, "folder of the data sets")),
      for_runs(number_field("threads", &Config::threads, "threads; 0 is one for each processor", 0,
                            1024)),
      for_runs(boolean_field("status", &Config::status,
                             "say what is done and what is left; run nothing")),
  };
}

void check_known(const std::string& what) {
  constexpr const char* kKnown[] = {"table1", "table2", "figure2", "figure3", "density"};
  if (std::ranges::find(kKnown, what) != std::end(kKnown)) return;
  fail(ErrorKind::kUsage,
       "reproduce: got '{}', expected one of table1, table2, figure2, figure3, density; say 'spvae "
       "reproduce table1'",
       what);
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
    fail(ErrorKind::kUsage,
         "cell: no cell of {} has a name like '{}'; 'spvae reproduce {} --status' shows all names",
         config.what, config.cell, experiment_name(config));
  }
  return experiment;
}

void check_two_dimensions(const Experiment& experiment) {
  for (const Trial& trial : experiment.trials) {
    const int latent = trial.run.config.model.leaf.latent;
    if (latent == 2) continue;
    fail(ErrorKind::kUsage, "figure3: {} has {} latent dimensions, expected 2", trial.name(),
         latent);
  }
}

std::string outcome_line(const Outcome& outcome) {
  const Json& test = outcome.result.at("test");
  std::string text =
      fmt::format("{:<36} seed {:<4}{:>10} ± {:.1f} nats", outcome.trial.name(),
                  std::to_string(outcome.trial.run.config.train.seed),
                  nats_text(test.at("log_likelihood")), test.at("standard_error").get<double>());
  if (outcome.trial.paper) {
    text += fmt::format("   TP19 {:>7}   ", outcome.trial.paper->log_likelihood);
    if (is_comparable(outcome)) {
      const double difference = difference_of(outcome);
      text += fmt::format("{:+.1f}{}", difference, difference < 0 ? " (short)" : "");
    } else {
      text += "not comparable";
    }
  }
  return text + "\n";
}

/// TP19 Table 2: all of it is written, the chosen cells are printed.
void reproduce_table2(const ReproduceConfig& config, const Options& options) {
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
  std::string text;
  for (const ParameterRow& row : chosen) {
    text += fmt::format("{:<28}{:>12} parameters   {:>5} thousand   TP19 {:>5}   {}\n", row.cell,
                        count_text(row.count.all), row.thousands(), row.paper_thousands,
                        row.is_equal() ? "equal" : "DIFFERENT");
  }
  options.print_result(parameter_json(chosen), text);
}

std::string stage_text(const TrialStatus& status) {
  switch (status.stage) {
    case TrialStatus::Stage::kFinished:
      return "done";
    case TrialStatus::Stage::kTraining:
      return fmt::format("training, step {}", count_text(status.step));
    case TrialStatus::Stage::kScoring:
      return fmt::format("scoring, {}", counted(status.scored, "image"));
    case TrialStatus::Stage::kStale:
      return "stale: of another config";
    case TrialStatus::Stage::kDamaged:
      return "damaged";
    case TrialStatus::Stage::kNotBegun:
      break;
  }
  return "to do";
}

/// How long finished trials took, over what was guessed; 1 before there are any.
double pace_of(const Experiment& experiment, const TrialFolders& folders) {
  double taken = 0;
  double guessed = 0;
  for (const Outcome& outcome : outcomes(experiment, folders)) {
    for (const char* part : {"training", "test", "train"}) {
      if (!outcome.result.contains(part)) continue;
      const Json& seconds = outcome.result.at(part).value("seconds", Json());
      if (seconds.is_number()) taken += seconds.get<double>() / 60;
    }
    guessed += outcome.trial.minutes;
  }
  return guessed > 0 ? taken / guessed : 1;
}

/// What --status --json prints; minutes are at the pace of the finished trials.
Json status_json(const Experiment& experiment, const TrialFolders& folders) {
  Json trials = Json::array();
  double left = 0;
  int done = 0;
  const double pace = pace_of(experiment, folders);
  for (const Trial& trial : experiment.trials) {
    const TrialStatus status = trial_status(trial, folders, pace);
    done += status.stage == TrialStatus::Stage::kFinished;
    left += status.minutes_left;
    trials.push_back({{"cell", trial.name()},
                      {"seed", trial.run.config.train.seed},
                      {"state", stage_text(status)},
                      {"minutes_left", status.minutes_left}});
  }
  return {{"trials", trials},
          {"done", done},
          {"left", experiment.trials.size() - static_cast<std::size_t>(done)},
          {"minutes_left", left},
          {"version", version()}};
}

std::string readable_status(const Json& status) {
  std::string text;
  for (const Json& trial : status.at("trials")) {
    const double left = trial.at("minutes_left");
    text += fmt::format("{:<36} seed {:<4} {:<26}{}\n", trial.at("cell").get<std::string>(),
                        trial.at("seed").dump(), trial.at("state").get<std::string>(),
                        left > 0 ? "about " + duration_text(60 * left) : "");
  }
  return text + fmt::format("{} done, {} left: about {}\n", status.at("done").dump(),
                            status.at("left").dump(),
                            duration_text(60 * status.at("minutes_left").get<double>()));
}

void run_reproduce(const ReproduceConfig& config, const Options& options) {
  stop_on_signals();
  check_known(config.what);
  if (config.what == "table2") return reproduce_table2(config, options);
  const Experiment experiment = chosen_experiment(config);
  const TrialFolders folders{.results = fs::path(config.out) / config.what,
                             .runs = fs::path(config.runs) / config.what};
  if (config.status) {
    const Json status = status_json(experiment, folders);
    return options.print_result(status, readable_status(status));
  }
  if (config.what == "figure3") check_two_dimensions(experiment);
  const ReproduceTarget target{.what = config.what, .out = config.out, .folders = folders};
  warn_of_spoilt_results(experiment, target);
  create_folders(folders.results);
  write_results(target);
  std::optional<Error> failure;
  run_interruptible("the same command goes on", [&] {
    failure =
        run_trials(experiment, target, {.data_dir = config.data_dir, .threads = config.threads});
  });
  const std::vector<Outcome> finished = outcomes(experiment, folders);
  std::string text;
  for (const Outcome& outcome : finished) text += outcome_line(outcome);
  options.print_result(
      results_json(experiment, finished, reproduce_command(config.what, config.cell, config.seeds)),
      text);
  if (failure) throw Error(*failure);
}

}  // namespace

Run add_reproduce(CLI::App& app) {
  return add_command(app, kExample, fields(), run_reproduce, {"what"});
}

}  // namespace spvae::cli
