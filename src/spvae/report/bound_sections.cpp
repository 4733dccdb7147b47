#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "spvae/likelihood/likelihood.h"
#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/sections.h"

namespace spvae {
namespace {

/// The outline of a histogram in bins of one width.
Series histogram(std::span<const ImageScore> scores) {
  const auto [least, most] = std::ranges::minmax(scores, {}, &ImageScore::log_likelihood);
  const double low = least.log_likelihood;
  const double high = most.log_likelihood;
  const auto bins = static_cast<std::size_t>(
      std::clamp(std::sqrt(static_cast<double>(scores.size())), 1.0, 40.0));
  std::vector<double> counts(bins);
  const double width = high > low ? (high - low) / static_cast<double>(bins) : 1.0;
  for (const ImageScore& score : scores) {
    const auto bin = static_cast<std::size_t>((score.log_likelihood - low) / width);
    ++counts[std::min(bin, bins - 1)];
  }
  Series series{.x = {low}, .y = {0}, .marked = false};
  for (std::size_t bin = 0; bin < bins; ++bin) {
    for (const std::size_t edge : {bin, bin + 1}) {
      series.x.push_back(low + width * static_cast<double>(edge));
      series.y.push_back(counts[bin]);
    }
  }
  series.x.push_back(series.x.back());
  series.y.push_back(0);
  return series;
}

Chart chart_of(const std::string& title, const std::vector<Json>& checks, double first_step) {
  Chart chart{.title = title,
              .x = {.label = "training step"},
              .y = {.label = "bound on log p(x) / nats"},
              .series = {{.name = "training"}, {.name = "validation"}}};
  for (const Json& check : checks) {
    const auto step = check.at("step").get<double>();
    if (step < first_step) continue;
    for (Series& series : chart.series) {
      series.x.push_back(step);
      series.y.push_back(check.at(series.name + "_bound").get<double>());
    }
  }
  return chart;
}

}  // namespace

ReportSection scores_section(const ReportSource& source, const ReportOptions& options,
                             std::span<const ImageScore> scores) {
  const ScoreSummary summary = summarise(scores);
  const auto nats = [](double value) {
    const std::string text = decimal_text(value, 2);
    return std::isfinite(value) ? text + " nats" : text;
  };
  Facts facts = {
      {"Log-likelihood", nats(summary.log_likelihood) + " per image"},
      {"Standard error", nats(summary.standard_error) + ", over images"},
      {"Monte-Carlo error",
       std::isnan(summary.monte_carlo_error) ? "unknown" : nats(summary.monte_carlo_error)},
      {"Effective samples", decimal_text(summary.effective_samples, 1) + ", median over images"}};
  if (is_discrete(source.stored.model.config().leaf.likelihood)) {
    facts.emplace_back(
        "Bits per dimension",
        decimal_text(
            bits_per_dimension(summary.log_likelihood, mean_observed_variables(source.images)), 3));
  }
  facts.emplace_back("Images", count_text(summary.images));
  if (!source.images.observed.empty()) {
    facts.emplace_back(
        "Observed pixels",
        fmt::format(
            "{} of {} of an image, on average; of partly observed leaves, "
            "{} % of the codes come from the prior",
            decimal_text(mean_observed_variables(source.images) / source.images.channels, 1),
            count_text(std::int64_t{source.images.height} * source.images.width),
            decimal_text(100 * options.sampling.noise.prior_share, 0)));
  }
  facts.emplace_back("Samples",
                     count_text(options.sampling.samples) + " importance samples of each leaf");
  Html content = paragraph(
      "The importance-weighted bound on log p(x) (TP19 Eq. (9)), averaged over the images. More "
      "samples raise it: 'spvae evaluate' takes all images and 5,000 samples.");
  content += fact_list(facts);
  if (summary.unreliable_images > 0) {
    content += warning_note(fmt::format(
        "of {} of {} images a few samples carry the bound: its error is unknown, and it may be far "
        "below log p(x).",
        count_text(summary.unreliable_images), count_text(summary.images)));
  }
  Chart chart{.x = {.label = "log-likelihood of an image / nats"},
              .y = {.label = "images"},
              .series = {histogram(scores)}};
  content +=
      plot_figure({chart}, "histogram",
                  fmt::format("Histogram of {} log-likelihoods with mean {} nats.",
                              count_text(summary.images), decimal_text(summary.log_likelihood, 1)),
                  "How the images' log-likelihoods are spread.");
  return {.id = "scores", .title = "Log-likelihood", .content = content};
}

ReportSection learning_curves_section(const ReportSource& source) {
  const std::vector<Json> checks = training_log(source.run);
  ReportSection section{.id = "learning-curves", .title = "Learning curves"};
  if (checks.empty()) {
    section.content = paragraph("The run has no log of its training (metrics.jsonl).");
    return section;
  }
  const std::int64_t best = source.stored.origin.step;
  section.content = paragraph(
      fmt::format("Mean bounds per image: over the training steps between two checks, and "
                  "at each of {} checks over validation images. The best model is that "
                  "of step {}.",
                  count_text(checks.size()), count_text(best)));
  Html charts = plot_figure(
      {chart_of("", checks, 0)}, "curves",
      fmt::format(
          "Learning curves: training bound from {} to {} nats, validation bound from {} to {}.",
          decimal_text(checks.front().at("training_bound"), 1),
          decimal_text(checks.back().at("training_bound"), 1),
          decimal_text(checks.front().at("validation_bound"), 1),
          decimal_text(checks.back().at("validation_bound"), 1)),
      "All checks.");
  // The first steps leave little of the scale to what comes later.
  const double half = static_cast<double>(best) / 2;
  if (checks.size() >= 8 && half > 0) {
    charts +=
        plot_figure({chart_of("", checks, half)}, "late-curves",
                    "The same learning curves from half of the best step on.",
                    fmt::format("From step {} on.", count_text(static_cast<std::int64_t>(half))));
  }
  section.content += html_element("div", {{"class", "gallery"}}, charts);
  return section;
}

}  // namespace spvae
