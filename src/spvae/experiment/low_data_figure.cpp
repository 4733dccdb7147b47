#include "spvae/experiment/low_data_figure.h"

#include <algorithm>

namespace spvae {
namespace {

Series& series_of(Chart& chart, const std::string& name) {
  const auto found = std::ranges::find(chart.series, name, &Series::name);
  if (found != chart.series.end()) return *found;
  chart.series.push_back({.name = name, .x = {}, .y = {}, .error = {}});
  return chart.series.back();
}

std::string title_of(const std::string& likelihood) {
  if (likelihood == "gaussian") return "continuous (Gaussian)";
  if (likelihood == "binomial") return "discrete (Binomial)";
  return likelihood;
}

Chart& chart_of(std::vector<Chart>& charts, const std::string& title) {
  const auto found = std::ranges::find(charts, title, &Chart::title);
  if (found != charts.end()) return *found;
  charts.push_back({.title = title,
                    .x = {.label = "training images", .logarithmic = true},
                    .y = {.label = "test bound / nats per image"},
                    .series = {}});
  return charts.back();
}

}  // namespace

Figure low_data_figure(const std::vector<Outcome>& outcomes) {
  std::vector<Chart> charts;
  for (const Outcome& outcome : outcomes) {
    const std::string& cell = outcome.trial.cell;
    Series& series = series_of(chart_of(charts, title_of(cell.substr(cell.rfind('/') + 1))),
                               cell.substr(0, cell.find('/')));
    const Json& test = outcome.result.at("test");
    series.x.push_back(outcome.result.at("training").at("images").get<double>());
    series.y.push_back(test.at("log_likelihood").get<double>());
    series.error.push_back(test.at("standard_error").get<double>());
  }
  return {charts.begin(), charts.end()};
}

}  // namespace spvae
