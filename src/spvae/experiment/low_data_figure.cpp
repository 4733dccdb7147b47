#include "spvae/experiment/results.h"

#include <fmt/format.h>

#include <algorithm>

#include "spvae/core/sample_statistics.h"
#include "spvae/experiment/result_groups.h"

namespace spvae {
namespace {

/// "mnist/gaussian"
std::string chart_name(const ResultGroup& group) {
  return group.trial->cell.substr(group.trial->cell.find('/') + 1);
}

std::string model_name(const ResultGroup& group) {
  const Trial& trial = *group.trial;
  return trial.cell.substr(0, trial.cell.find('/')) +
         (trial.variant.empty() ? "" : "+" + trial.variant);
}

double training_images(const ResultGroup& group) {
  return group.outcomes.front()->result.at("training").at("images").get<double>();
}

/// What `name` makes of each group, once, in order of appearance.
std::vector<std::string> distinct(const std::vector<ResultGroup>& groups,
                                  std::string (*name)(const ResultGroup&)) {
  std::vector<std::string> names;
  for (const ResultGroup& group : groups) {
    if (std::ranges::find(names, name(group)) == names.end()) names.push_back(name(group));
  }
  return names;
}

std::string likelihood_text(const std::string& likelihood) {
  if (likelihood == "gaussian") return "continuous (Gaussian)";
  if (likelihood == "binomial") return "discrete (Binomial)";
  return likelihood;
}

/// How many seeds the points of a chart stand for.
std::string seeds_text(std::size_t least, std::size_t most) {
  if (most == 1) return "one seed";
  return least == most ? fmt::format("means over {} seeds", most)
                       : fmt::format("means over {} to {} seeds", least, most);
}

std::string chart_title(const std::string& name, const std::vector<ResultGroup>& groups) {
  std::vector<std::size_t> seeds;
  for (const ResultGroup& group : groups) {
    if (chart_name(group) == name) seeds.push_back(group.outcomes.size());
  }
  const std::size_t slash = name.rfind('/');
  return fmt::format("{}, {}. Bars: standard error over the test images, {}", name.substr(0, slash),
                     likelihood_text(name.substr(slash + 1)),
                     seeds_text(std::ranges::min(seeds), std::ranges::max(seeds)));
}

}  // namespace

Figure low_data_figure(const std::vector<Outcome>& outcomes) {
  std::vector<ResultGroup> groups = groups_of(outcomes);
  const std::vector<std::string> charts = distinct(groups, chart_name);
  std::vector<std::string> models = distinct(groups, model_name);
  std::ranges::stable_partition(
      models, [](const std::string& model) { return model.find("spvae") == std::string::npos; });
  std::ranges::stable_sort(groups, {}, training_images);
  Figure figure;
  for (const std::string& name : charts) {
    Chart chart{.title = chart_title(name, groups),
                .x = {.label = "training images", .logarithmic = true},
                .y = {.label = "test bound / nats per image"}};
    // All models, though one may have no point yet: the first chart decides how they look.
    for (const std::string& model : models) {
      Series series{.name = model};
      for (const ResultGroup& group : groups) {
        if (chart_name(group) != name || model_name(group) != model) continue;
        series.x.push_back(training_images(group));
        series.y.push_back(sample_statistics(group.test_figures()).mean);
        series.error.push_back(group.standard_error());
      }
      chart.series.push_back(std::move(series));
    }
    figure.emplace_back(std::move(chart));
  }
  return figure;
}

}  // namespace spvae
