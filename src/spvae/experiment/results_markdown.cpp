#include "spvae/experiment/results.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "spvae/core/sample_statistics.h"
#include "spvae/experiment/result_groups.h"
#include "spvae/query/effective_samples.h"

namespace spvae {
namespace {

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

using Row = std::vector<std::string>;

/// Without the columns that are empty in all rows.
std::string markdown_table(const Row& head, const std::vector<Row>& rows) {
  std::vector<std::size_t> columns;
  for (std::size_t column = 0; column < head.size(); ++column) {
    const auto is_filled = [column](const Row& row) { return !row[column].empty(); };
    if (std::ranges::any_of(rows, is_filled)) columns.push_back(column);
  }
  std::string text;
  const auto add = [&columns, &text](const Row& row) {
    for (const std::size_t column : columns) text += fmt::format("| {} ", row[column]);
    text += "|\n";
  };
  add(head);
  for (std::size_t i = 0; i < columns.size(); ++i) text += "|---";
  text += "|\n";
  for (const Row& row : rows) add(row);
  return text;
}

/// Mean training log-likelihood minus that of the test images, and the standard error that one seed
/// has, as all seeds are of the same images; "" where no training image was scored.
std::string gap_text(const ResultGroup& group) {
  std::vector<double> gaps;
  std::vector<double> errors;
  for (const Outcome* outcome : group.outcomes) {
    const Json& result = outcome->result;
    if (!result.contains("train")) continue;
    gaps.push_back(number(result, "train", "log_likelihood") -
                   number(result, "test", "log_likelihood"));
    errors.push_back(std::hypot(number(result, "train", "standard_error"),
                                number(result, "test", "standard_error")));
  }
  if (gaps.empty()) return "";
  return fmt::format("{} ± {:.1f}", signed_nats(sample_statistics(gaps).mean),
                     sample_statistics(errors).mean);
}

/// What the paper has, and what becomes of it.
struct PaperComparison {
  std::string paper;
  std::string verdict;
};

PaperComparison compared(const ResultGroup& group, double ours) {
  if (!group.trial->paper) return {};
  const double paper = group.trial->paper->log_likelihood;
  if (!group.is_comparable()) return {fmt::format("({})", nats(paper)), "not comparable"};
  const double difference = ours - paper;
  return {nats(paper), signed_nats(difference) + (difference < 0 ? " (short)" : "")};
}

/// What a cell's config says of the model's sizes and of a protocol of its own, and the learning
/// rate, which depends on the model: "hidden 30, latent 25, learning-rate 0.01".
std::string settings_text(const Outcome& outcome) {
  std::vector<std::string> settings;
  const auto add = [&settings](const Json& config, const char* key) {
    if (config.contains(key)) {
      settings.push_back(fmt::format("{} {}", key, config.at(key).dump()));
    }
  };
  for (const char* key : {"hidden", "hidden-layers", "dense", "latent", "max-steps"}) {
    add(outcome.trial.run.given, key);
  }
  add(outcome.result.at("config"), "learning-rate");
  return fmt::format("{}", fmt::join(settings, ", "));
}

std::string cells_table(const std::vector<ResultGroup>& groups) {
  std::vector<Row> rows;
  for (const ResultGroup& group : groups) {
    const Outcome& first = *group.outcomes.front();
    const SampleStatistics figures = sample_statistics(group.test_figures());
    const auto [paper, difference] = compared(group, figures.mean);
    rows.push_back({group.trial->name(), settings_text(first), paper, difference,
                    fmt::format("{} ± {:.1f}", nats(figures.mean), group.standard_error()),
                    figures.count < 2
                        ? ""
                        : fmt::format("sd {:.1f} ({})", figures.standard_deviation, figures.count),
                    first.result.at("parameters").dump(),
                    first.result.at("encoder_parameters").dump(), gap_text(group)});
  }
  return markdown_table({"cell", "settings", "TP19", "difference", "ours, nats", "over seeds",
                         "parameters", "of them encoders", "training − test"},
                        rows);
}

/// Milliseconds of a step, by the run's total of `key`; "" where that is unknown.
std::string step_text(const Json& training, const char* key) {
  if (!training.contains(key) || training.at(key).is_null()) return "";
  return fmt::format("{:.2f}",
                     1000 * training.at(key).get<double>() / training.at("steps").get<double>());
}

std::string duration_of(const Json& seconds) { return seconds.is_null() ? "" : duration(seconds); }

/// "–" where too few samples carry the bound for their spread to say how far it would move.
std::string monte_carlo_text(const Json& test) {
  const double few = few_effective_samples(test.at("samples").get<std::int64_t>());
  const Json& error = test.at("monte_carlo_error");
  if (error.is_null() || test.at("effective_samples").get<double>() < few) return "–";
  return fmt::format("{:.3f}", error.get<double>());
}

std::string runs_table(const std::vector<Outcome>& outcomes) {
  std::vector<Row> rows;
  for (const Outcome& outcome : outcomes) {
    const auto& [trial, result, scores] = outcome;
    const Json& test = result.at("test");
    const Json& training = result.at("training");
    rows.push_back({trial.name(), std::to_string(trial.run.config.train.seed),
                    nats(test.at("log_likelihood")),
                    fmt::format("{:.2f}", test.at("standard_error").get<double>()),
                    nats(median_score(outcome)), monte_carlo_text(test),
                    fmt::format("{:.1f}", test.at("effective_samples").get<double>()),
                    test.at("images").dump(), test.at("samples").dump(),
                    training.at("images").dump(), training.at("steps").dump(),
                    training.at("best_step").dump(), step_text(training, "seconds"),
                    step_text(training, "processor_seconds"), duration_of(training.at("seconds")),
                    duration(test.at("seconds")), result.at("machine").get<std::string>()});
  }
  return markdown_table(
      {"run", "seed", "test, nats", "standard error", "median", "Monte-Carlo error",
       "effective samples", "test images", "samples", "training images", "steps", "best step",
       "ms a step", "processor ms a step", "training", "scoring", "machine"},
      rows);
}

/// The difference of the paper's figures, if it has both.
std::optional<double> paper_difference(const ResultPair& pair) {
  const std::optional<PaperFigure>& one = pair.group->trial->paper;
  const std::optional<PaperFigure>& other = pair.other->trial->paper;
  if (!one || !other) return std::nullopt;
  return one->log_likelihood - other->log_likelihood;
}

/// What becomes of the paper's order: that of its figures, or else the first one above.
const char* order_text(const PairSpread& ours, std::optional<double> paper) {
  const double sign = paper.value_or(0) < 0 ? -1 : 1;
  const double mean = sign * ours.mean.mean;
  const double error = ours.mean.standard_error;
  const bool seeds_agree = ours.lowest * ours.highest > 0;
  if (!seeds_agree || std::abs(mean) <= 2 * error) return "undecided";
  return mean > 0 ? "holds" : "refuted";
}

/// The paper's difference is of models without a variant.
PaperComparison compared(const ResultPair& pair, const PairSpread& ours) {
  if (!pair.is_ordered) return {};
  const std::optional<double> difference = paper_difference(pair);
  const bool is_papers =
      difference && pair.group->trial->variant.empty() && pair.other->trial->variant.empty();
  const std::string paper = is_papers ? signed_nats(*difference) : "";
  if (pair.group->is_comparable() && pair.other->is_comparable()) {
    return {paper, order_text(ours, difference)};
  }
  return {is_papers ? "(" + paper + ")" : "", "not comparable"};
}

/// "" where there are no pairs.
std::string pairs_table(const std::vector<ResultPair>& pairs) {
  std::vector<Row> rows;
  for (const ResultPair& pair : pairs) {
    const PairSpread ours = spread_of(pair);
    const std::size_t seeds = pair.group->outcomes.size();
    const std::size_t other_seeds = pair.other->outcomes.size();
    const auto [paper, order] = compared(pair, ours);
    rows.push_back(
        {fmt::format("{} − {}", pair.group->trial->name(), pair.other->trial->name()),
         fmt::format("{}", ours.mean.images), paper,
         fmt::format("{} ± {:.1f}", signed_nats(ours.mean.mean), ours.mean.standard_error),
         seeds * other_seeds < 2 ? ""
                                 : fmt::format("{} to {} ({} × {})", signed_nats(ours.lowest),
                                               signed_nats(ours.highest), seeds, other_seeds),
         order});
  }
  return markdown_table(
      {"pair", "test images", "TP19", "mean difference, nats", "by seeds", "TP19's order"}, rows);
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

std::string results_markdown(const Experiment& experiment, const std::vector<Outcome>& outcomes,
                             const std::string& command, const std::string& picture) {
  std::string text = fmt::format(
      "# {}\n\n<!-- Written by `{}`; do not edit. -->\n\n"
      "`{}`; {} of {} runs finished. Machine: {}. Version {}.\n\n",
      experiment.title, command, command, outcomes.size(), experiment.trials.size(),
      fmt::join(values_of(outcomes, "machine"), "; "),
      fmt::join(values_of(outcomes, "version"), ", "));
  if (!picture.empty()) text += fmt::format("![{}]({})\n\n", experiment.title, picture);
  const std::vector<ResultGroup> groups = groups_of(outcomes);
  text +=
      "Test log-likelihood: the importance-weighted bound on log p(x), nats per image, ± its "
      "standard error over the test images; where a cell has several seeds, the mean of their "
      "figures, and beside it their standard deviation, which the ± leaves out, as does the "
      "difference from TP19's figure. Training − test, where both were scored: ± the standard "
      "error of one seed.\n\n" +
      cells_table(groups);
  if (!experiment.variants.empty()) text += '\n';
  for (const Variant& variant : experiment.variants) {
    text += fmt::format("`+{}`: {}.\n", variant.name, variant.meaning);
  }
  for (const std::string& warning : values_of(outcomes, "data_warning")) {
    text += fmt::format("\nNot comparable: {}.\n", warning);
  }
  if (!experiment.notes.empty()) text += '\n';
  for (const std::string& note : experiment.notes) text += fmt::format("- {}\n", note);
  if (const std::vector<ResultPair> pairs = pairs_of(groups, experiment.variants); !pairs.empty()) {
    text +=
        "\n## Paired differences\n\nOf the same test images, of the means over seeds, ± the "
        "standard error over images alone, which leaves out how far another seed of either model "
        "would move them; by seeds, the lowest and the highest mean difference of one seed of each "
        "(3 × 1: three seeds of the first, one of the second). TP19's order is that of its two "
        "numbers for the same cells, or the first above the second where it has not both. It "
        "holds, or is refuted, where the difference exceeds two standard errors and has one sign "
        "in all pairs of seeds; otherwise it is undecided.\n\n" +
        pairs_table(pairs);
  }
  return text +
         "\n## Each run\n\nAll bounds rise with the number of samples, also where many carry them. "
         "The Monte-Carlo error is how far the mean would move with as many other samples; where "
         "the effective samples, (Σw)²/Σw² of an image's worst leaf region (median over images), "
         "are "
         "fewer than ten, or than the root of the samples, it cannot be told (–). Results of "
         "builds before 28 November 2026 have an "
         "average over leaves instead, which hides a leaf that failed: their Monte-Carlo errors "
         "are the least that they can be. Best step: of the highest validation bound, whose "
         "parameters are kept. Times are wall time, and beside it that of all processors, of "
         "machines that were not always idle: `make bench` compares models side by side.\n\n" +
         runs_table(outcomes);
}

}  // namespace spvae
