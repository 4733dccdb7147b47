#include "spvae/experiment/results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

#include "spvae/query/paired_difference.h"

namespace spvae {
namespace {

/// The seeds of one cell and variant.
struct Group {
  const Trial* trial = nullptr;  ///< of its first outcome
  std::vector<const Outcome*> outcomes;
};

/// Outcomes by name, in their order.
std::vector<Group> groups_of(const std::vector<Outcome>& outcomes) {
  std::vector<Group> groups;
  for (const Outcome& outcome : outcomes) {
    const auto known = std::ranges::find_if(groups, [&outcome](const Group& group) {
      return group.trial->name() == outcome.trial.name();
    });
    if (known == groups.end()) {
      groups.push_back({&outcome.trial, {&outcome}});
    } else {
      known->outcomes.push_back(&outcome);
    }
  }
  return groups;
}

double number(const Json& result, const char* part, const char* key) {
  return result.at(part).at(key).get<double>();
}

/// With a true minus sign.
std::string signed_text(std::string text) {
  if (text.starts_with('-')) text.replace(0, 1, "−");
  return text;
}
std::string nats(double value) { return signed_text(fmt::format("{:.1f}", value)); }
std::string signed_nats(double value) { return signed_text(fmt::format("{:+.1f}", value)); }

std::string duration(double seconds) {
  const auto whole = static_cast<long long>(std::llround(seconds));
  return whole < 3600 ? fmt::format("{}:{:02}", whole / 60, whole % 60)
                      : fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

/// Whether the figures are of the published data.
bool is_comparable(const Outcome& outcome) { return !outcome.result.contains("data_warning"); }

double mean(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double standard_deviation(const std::vector<double>& values) {
  const double centre = mean(values);
  double squares = 0;
  for (const double value : values) squares += (value - centre) * (value - centre);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

std::vector<double> test_figures(const Group& group) {
  std::vector<double> values;
  values.reserve(group.outcomes.size());
  for (const Outcome* outcome : group.outcomes) {
    values.push_back(number(outcome->result, "test", "log_likelihood"));
  }
  return values;
}

/// Mean training log-likelihood minus that of the test images; "" where no training image was
/// scored.
std::string gap_text(const Group& group) {
  std::vector<double> gaps;
  for (const Outcome* outcome : group.outcomes) {
    if (!outcome->result.contains("train")) continue;
    gaps.push_back(number(outcome->result, "train", "log_likelihood") -
                   number(outcome->result, "test", "log_likelihood"));
  }
  return gaps.empty() ? "" : signed_nats(mean(gaps));
}

std::string comparison(const Group& group, double ours) {
  if (!group.trial->paper) return " | ";
  const std::string paper = nats(group.trial->paper->log_likelihood);
  if (!std::ranges::all_of(group.outcomes, [](const Outcome* o) { return is_comparable(*o); })) {
    return fmt::format("({}) | not comparable", paper);
  }
  const double difference = ours - group.trial->paper->log_likelihood;
  return fmt::format("{} | {}{}", paper, signed_nats(difference), difference < 0 ? " (short)" : "");
}

/// What a cell's config says of the sizes: "hidden 30, latent 25".
std::string sizes_text(const Trial& trial) {
  std::vector<std::string> sizes;
  for (const char* key : {"hidden", "hidden-layers", "dense", "latent"}) {
    if (trial.config.contains(key))
      sizes.push_back(fmt::format("{} {}", key, trial.config.at(key).dump()));
  }
  return fmt::format("{}", fmt::join(sizes, ", "));
}

std::string cells_table(const std::vector<Group>& groups) {
  std::string text =
      "| cell | sizes | TP19 | difference | ours, nats | over seeds | parameters | of them "
      "encoders "
      "| training − test |\n"
      "|---|---|---|---|---|---|---|---|---|\n";
  for (const Group& group : groups) {
    const Json& first = group.outcomes.front()->result;
    const std::vector<double> figures = test_figures(group);
    const std::string spread =
        figures.size() < 2
            ? ""
            : fmt::format("sd {:.1f} ({})", standard_deviation(figures), figures.size());
    text += fmt::format("| {} | {} | {} | {} ± {:.1f} | {} | {} | {} | {} |\n", group.trial->name(),
                        sizes_text(*group.trial), comparison(group, mean(figures)),
                        nats(mean(figures)), number(first, "test", "standard_error"), spread,
                        first.at("parameters").get<long long>(),
                        first.at("encoder_parameters").get<long long>(), gap_text(group));
  }
  return text;
}

/// Of a step, milliseconds, by the run's total of `key`; "" where that is unknown.
std::string step_text(const Json& result, const char* key) {
  const Json& training = result.at("training");
  if (!training.contains(key) || training.at(key).is_null()) return "";
  const auto steps = training.at("steps").get<double>();
  return fmt::format("{:.2f}", 1000 * training.at(key).get<double>() / steps);
}

std::string duration_of(const Json& seconds) { return seconds.is_null() ? "" : duration(seconds); }

std::string runs_table(const std::vector<Outcome>& outcomes) {
  std::string text =
      "| run | seed | test, nats | standard error | Monte-Carlo error | test images | samples | "
      "training images | steps | best at | ms a step | of processors | training | scoring |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const auto& [trial, result, scores] : outcomes) {
    const Json& test = result.at("test");
    const Json& training = result.at("training");
    text += fmt::format(
        "| {} | {} | {} | {:.2f} | {:.3f} | {} | {} | {} | {} | {} | {} | {} | {} | {} |\n",
        trial.name(), trial.config.at("seed").dump(), nats(test.at("log_likelihood")),
        test.at("standard_error").get<double>(), test.at("monte_carlo_error").get<double>(),
        test.at("images").dump(), test.at("samples").dump(), training.at("images").dump(),
        training.at("steps").dump(), training.at("best_step").dump(), step_text(result, "seconds"),
        step_text(result, "processor_seconds"), duration_of(training.at("seconds")),
        duration(test.at("seconds")));
  }
  return text;
}

/// The group that `model` has on the same data, likelihood and value; null if there is none.
const Group* rival(const std::vector<Group>& groups, const Trial& trial, const std::string& model,
                   const std::string& variant) {
  const std::string cell = model + trial.cell.substr(trial.cell.find('/'));
  const auto found = std::ranges::find_if(groups, [&](const Group& group) {
    return group.trial->cell == cell && group.trial->variant == variant &&
           group.trial->varied == trial.varied;
  });
  return found == groups.end() ? nullptr : &*found;
}

std::vector<double> doubles(const std::vector<float>& values) {
  return {values.begin(), values.end()};
}

/// Whether two outcomes are of the same images: of the same files, divided alike.
bool same_images(const Outcome& a, const Outcome& b) {
  return a.result.at("data_digest") == b.result.at("data_digest") &&
         a.result.at("config").at("data-seed") == b.result.at("config").at("data-seed");
}

/// Calls visit(model, other, what) for each pair of first seeds that says something of TP19's
/// claims: an SPVAE and its VAE; a VAE with and without a variant.
template <class Visit>
void for_each_pair(const std::vector<Group>& groups, const std::vector<Variant>& variants,
                   const Visit& visit) {
  std::vector<std::string> names = {""};
  for (const Variant& variant : variants) names.push_back(variant.name);
  for (const Group& group : groups) {
    const Trial& trial = *group.trial;
    const std::string model = trial.cell.substr(0, trial.cell.find('/'));
    const bool is_spvae = model == "spvae" || model == "conv-spvae";
    const std::string vae = model == "spvae" ? "vae" : model == "conv-spvae" ? "conv-vae" : model;
    for (const std::string& variant : names) {
      const bool compared = is_spvae ? trial.variant.empty() || trial.variant == variant
                                     : trial.variant.empty() && !variant.empty();
      const Group* other = compared ? rival(groups, trial, vae, variant) : nullptr;
      if (other == nullptr || !same_images(*group.outcomes.front(), *other->outcomes.front())) {
        continue;
      }
      visit(*group.outcomes.front(), *other->outcomes.front(), is_spvae);
    }
  }
}

/// The difference of the paper's figures, if it has both.
std::optional<double> paper_difference(const Trial& a, const Trial& b) {
  if (!a.paper || !b.paper) return std::nullopt;
  return a.paper->log_likelihood - b.paper->log_likelihood;
}

/// What becomes of the paper's order: that of its figures, or else the SPVAE first.
const char* order_text(const PairedDifference& pair, std::optional<double> paper) {
  const double mean = paper.value_or(0) < 0 ? -pair.mean : pair.mean;
  return mean > 2 * pair.standard_error    ? "holds"
         : mean < -2 * pair.standard_error ? "refuted"
                                           : "undecided";
}

std::string pairs_table(const std::vector<Group>& groups, const std::vector<Variant>& variants) {
  std::string text;
  for_each_pair(groups, variants, [&text](const Outcome& a, const Outcome& b, bool is_ordered) {
    const PairedDifference pair = paired_difference(doubles(a.scores), doubles(b.scores));
    const std::optional<double> paper = paper_difference(a.trial, b.trial);
    text += fmt::format("| {} − {} | {} | {} | {} ± {:.1f} | {} |\n", a.trial.name(),
                        b.trial.name(), pair.images, paper && is_ordered ? signed_nats(*paper) : "",
                        signed_nats(pair.mean), pair.standard_error,
                        is_ordered ? order_text(pair, paper) : "");
  });
  return text.empty() ? ""
                      : "| pair, first seeds | test images | TP19 | mean difference, nats | TP19's "
                        "order |\n|---|---|---|---|---|\n" +
                            text;
}

std::string times_table(const std::vector<Group>& groups) {
  std::string text;
  for_each_pair(groups, {}, [&text](const Outcome& spvae, const Outcome& vae, bool) {
    const std::string ours = step_text(spvae.result, "processor_seconds");
    const std::string theirs = step_text(vae.result, "processor_seconds");
    if (ours.empty() || theirs.empty()) return;
    text += fmt::format("| {} | {} | {} | {:.2f} |\n", spvae.trial.name(), ours, theirs,
                        std::stod(ours) / std::stod(theirs));
  });
  return text.empty()
             ? ""
             : "| cell | its step, ms | the VAE's, ms | ratio |\n|---|---|---|---|\n" + text;
}

/// Every value that some result has under a key, in order of appearance.
std::vector<std::string> values_of(const std::vector<Outcome>& outcomes, const char* key) {
  std::vector<std::string> values;
  for (const Outcome& outcome : outcomes) {
    if (!outcome.result.contains(key)) continue;
    const std::string value = outcome.result.at(key);
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  return values;
}

}  // namespace

std::vector<Outcome> outcomes(const Experiment& experiment, const TrialFolders& folders) {
  std::vector<Outcome> finished;
  for (const Trial& trial : experiment.trials) {
    if (trial_status(trial, folders).stage != TrialStatus::Stage::kFinished) continue;
    finished.push_back({trial, trial_result(trial, folders), trial_scores(trial, folders)});
  }
  return finished;
}

std::string results_markdown(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                             const std::string& command) {
  std::string text = fmt::format(
      "# {}\n\n<!-- Written by `{}`; do not edit. -->\n\n"
      "`{}`; {} of {} runs finished. Machine: {}. Version {}.\n\n",
      experiment.title, command, command, outcomes.size(), experiment.trials.size(),
      fmt::join(values_of(outcomes, "machine"), "; "),
      fmt::join(values_of(outcomes, "version"), ", "));
  const std::vector<Group> groups = groups_of(outcomes);
  text +=
      "Test log-likelihood: the importance-weighted bound on log p(x), nats per image, ± its "
      "standard error over the test images; where a cell has several seeds, the mean of their "
      "figures. The standard error is that of the first seed.\n\n" +
      cells_table(groups) + "\n";
  for (const Variant& variant : experiment.variants) {
    text += fmt::format("`+{}`: {}.\n", variant.name, variant.meaning);
  }
  for (const std::string& warning : values_of(outcomes, "data_warning")) {
    text += fmt::format("\nNot comparable: {}.\n", warning);
  }
  if (!experiment.notes.empty()) text += "\n";
  for (const std::string& note : experiment.notes) text += fmt::format("- {}\n", note);
  if (const std::string pairs = pairs_table(groups, experiment.variants); !pairs.empty()) {
    text +=
        "\n## Paired differences\n\nOf the same test images; TP19's order, that of its two figures "
        "(the SPVAE above the VAE where it has not both), holds or is refuted beyond two standard "
        "errors.\n\n" +
        pairs;
  }
  if (const std::string times = times_table(groups); !times.empty()) {
    text +=
        "\n## Time of a training step\n\nTP19 found SPVAEs about five times slower than VAEs. "
        "Processor time of all threads, validation included: other load changes it little.\n\n" +
        times;
  }
  return text + "\n## Each run\n\n" + runs_table(outcomes);
}

std::string results_csv(const std::vector<Outcome>& outcomes) {
  std::string text =
      "cell,variant,varied,seed,log_likelihood,standard_error,monte_carlo_error,test_images,"
      "samples,train_log_likelihood,paper_log_likelihood,difference,parameters,"
      "encoder_parameters,training_images,steps,best_step,validation_bound,training_seconds,"
      "processor_seconds,scoring_seconds,data_digest,comparable\n";
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
    for (const char* key :
         {"log_likelihood", "standard_error", "monte_carlo_error", "images", "samples"}) {
      add(test, key);
    }
    add(result.value("train", Json::object()), "log_likelihood");
    fields.push_back(trial.paper ? fmt::format("{}", trial.paper->log_likelihood) : "");
    fields.push_back(trial.paper ? fmt::format("{}", difference_of(outcome)) : "");
    add(result, "parameters");
    add(result, "encoder_parameters");
    for (const char* key :
         {"images", "steps", "best_step", "validation_bound", "seconds", "processor_seconds"}) {
      add(training, key);
    }
    add(test, "seconds");
    fields.push_back(result.at("data_digest"));
    fields.emplace_back(is_comparable(outcome) ? "yes" : "no");
    text += fmt::format("{}\n", fmt::join(fields, ","));
  }
  return text;
}

double difference_of(const Outcome& outcome) {
  assert(outcome.trial.paper);
  return number(outcome.result, "test", "log_likelihood") - outcome.trial.paper->log_likelihood;
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
    results.back()["difference"] = difference_of(outcome);
  }
  return {{"title", experiment.title}, {"command", command}, {"results", results}};
}

}  // namespace spvae
