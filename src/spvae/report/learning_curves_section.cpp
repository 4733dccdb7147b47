#include <fmt/format.h>

#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/sections.h"
#include "spvae/report/training_log.h"

namespace spvae {
namespace {

Chart chart_of(const std::string& title, const std::vector<Json>& checks, double first_step) {
  Chart chart{.title = title,
              .x = {.label = "training step"},
              .y = {.label = "bound on log p(x) / nats"},
              .series = {{.name = "training", .x = {}, .y = {}, .error = {}},
                         {.name = "validation", .x = {}, .y = {}, .error = {}}}};
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

ReportSection learning_curves_section(const ReportSource& source) {
  const std::vector<Json> checks = training_log(source.run);
  ReportSection section{.id = "learning-curves", .title = "Learning curves", .content = {}};
  if (checks.empty()) {
    section.content = paragraph("The run has no log of its training (metrics.jsonl).");
    return section;
  }
  const std::int64_t best = source.stored.origin.step;
  section.content = paragraph(
      fmt::format("Mean bounds per image: over the training steps between two checks, and "
                  "at each of {} checks over the validation images. The best model is that "
                  "of step {}.",
                  count_text(static_cast<std::int64_t>(checks.size())), count_text(best)));
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
