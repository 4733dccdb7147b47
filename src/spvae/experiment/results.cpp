#include "spvae/experiment/results.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "spvae/core/error.h"
#include "spvae/core/median.h"
#include "spvae/core/version.h"
#include "spvae/io/csv.h"

namespace spvae {

std::vector<Outcome> outcomes(const Experiment& experiment, const TrialFolders& folders) {
  std::vector<Outcome> finished;
  for (const Trial& trial : experiment.trials) {
    try {
      finished.push_back(trial_outcome(trial, folders));
    } catch (const Error&) {  // not finished, or damaged: trial_status() says which
    }
  }
  return finished;
}

bool is_comparable(const Outcome& outcome) { return !outcome.result.contains("data_warning"); }

double difference_of(const Outcome& outcome) {
  assert(outcome.trial.paper);
  return outcome.result.at("test").at("log_likelihood").get<double>() -
         outcome.trial.paper->log_likelihood;
}

double median_score(const Outcome& outcome) {
  return median({outcome.scores.begin(), outcome.scores.end()});
}

std::string results_csv(const std::vector<Outcome>& outcomes) {
  std::string text =
      "cell,variant,varied,seed,learning_rate,log_likelihood,standard_error,monte_carlo_error,"
      "effective_samples,test_images,samples,median_log_likelihood,train_log_likelihood,"
      "paper_log_likelihood,difference,parameters,encoder_parameters,training_images,steps,"
      "best_step,validation_bound,training_seconds,processor_seconds,scoring_seconds,machine,"
      "data_digest,comparable\n";
  for (const Outcome& outcome : outcomes) {
    const auto& [trial, result, scores] = outcome;
    const Json& test = result.at("test");
    const Json& training = result.at("training");
    const Json& config = result.at("config");
    std::vector<std::string> fields = {trial.cell, trial.variant, trial.varied,
                                       config.at("seed").dump()};
    const auto add = [&fields](const Json& from, const char* key) {
      const bool known = from.contains(key) && !from.at(key).is_null();
      fields.push_back(known ? from.at(key).dump() : "");
    };
    add(config, "learning-rate");
    for (const char* key : {"log_likelihood", "standard_error", "monte_carlo_error",
                            "effective_samples", "images", "samples"}) {
      add(test, key);
    }
    fields.push_back(fmt::format("{}", median_score(outcome)));
    add(result.value("train", Json::object()), "log_likelihood");
    fields.push_back(trial.paper ? fmt::format("{}", trial.paper->log_likelihood) : "");
    const bool compared = trial.paper && is_comparable(outcome);
    fields.push_back(compared ? fmt::format("{}", difference_of(outcome)) : "");
    add(result, "parameters");
    add(result, "encoder_parameters");
    for (const char* key :
         {"images", "steps", "best_step", "validation_bound", "seconds", "processor_seconds"}) {
      add(training, key);
    }
    add(test, "seconds");
    fields.push_back(result.at("machine"));
    fields.push_back(result.at("data_digest"));
    fields.emplace_back(is_comparable(outcome) ? "yes" : "no");
    text += csv_line(fields);
  }
  return text;
}

Json results_json(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                  const std::string& command) {
  Json results = Json::array();
  for (const Outcome& outcome : outcomes) {
    results.push_back(outcome.result);
    if (!outcome.trial.paper) continue;
    const PaperFigure& paper = *outcome.trial.paper;
    results.back()["paper"] = {{"log_likelihood", paper.log_likelihood},
                               {"parameters_in_thousands", paper.parameters}};
    if (is_comparable(outcome)) results.back()["difference"] = difference_of(outcome);
  }
  return {{"title", experiment.title}, {"command", command}, {"results", results}};
}

std::vector<ParameterRow> parameter_rows(const Experiment& experiment) {
  std::vector<ParameterRow> rows;
  for (const Trial& trial : experiment.trials) {
    if (!trial.variant.empty() || !trial.paper || trial.seed_number > 0) continue;
    rows.push_back({trial.name(), count_parameters(trial), trial.paper->parameters});
  }
  return rows;
}

std::string parameter_markdown(const std::vector<ParameterRow>& rows) {
  std::string text =
      "# TP19 Table 2: parameters of the models of Table 1\n\n<!-- Written by `spvae reproduce "
      "table2`; do not edit. -->\n\nIn thousands, cut, as the paper prints them; beside them all "
      "digits.\n\n| cell | TP19 | ours | parameters | of them encoders |\n|---|---|---|---|---|\n";
  for (const ParameterRow& row : rows) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", row.cell, row.paper_thousands,
                        row.thousands(), row.count.all, row.count.encoders);
  }
  return text;
}

std::string parameter_csv(const std::vector<ParameterRow>& rows) {
  std::string text = "cell,paper_thousands,thousands,parameters,encoder_parameters\n";
  for (const ParameterRow& row : rows) {
    text +=
        csv_line({row.cell, std::to_string(row.paper_thousands), std::to_string(row.thousands()),
                  std::to_string(row.count.all), std::to_string(row.count.encoders)});
  }
  return text;
}

Json parameter_json(const std::vector<ParameterRow>& rows) {
  Json list = Json::array();
  for (const ParameterRow& row : rows) {
    list.push_back({{"cell", row.cell},
                    {"parameters", row.count.all},
                    {"encoder_parameters", row.count.encoders},
                    {"paper_parameters_in_thousands", row.paper_thousands},
                    {"equal", row.is_equal()}});
  }
  return {{"rows", list},
          {"all_equal", std::ranges::all_of(rows, &ParameterRow::is_equal)},
          {"version", version()}};
}

}  // namespace spvae
