#include "spvae/experiment/tuning_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "spvae/core/version.h"
#include "spvae/io/atomic_file.h"
#include "spvae/plot/write_plot.h"

namespace spvae {
namespace {

std::string bound_text(double bound) {
  return std::isfinite(bound) ? fmt::format("{:.2f}", bound) : "";
}

const char* state_text(const TuningPoint& point) {
  return point.failed ? "failed" : point.finished ? "finished" : point.step > 0 ? "stopped" : "";
}

std::string markdown(const std::vector<TuningPoint>& points) {
  std::string text =
      "| point | validation bound, nats | steps | rung | state |\n|---|---|---|---|---|\n";
  for (const TuningPoint& point : points) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", point.name(),
                        bound_text(point.validation_bound), point.step, point.rung + 1,
                        state_text(point));
  }
  return text;
}

std::string csv(const std::vector<TuningPoint>& points) {
  std::string text;
  for (const auto& [key, value] : points.front().values.items()) text += key + ",";
  text += "validation_bound,steps,rung,state,run\n";
  for (const TuningPoint& point : points) {
    for (const Json& value : point.values) text += "\"" + flag_text(value) + "\",";
    text += fmt::format("{},{},{},{},\"{}\"\n", bound_text(point.validation_bound), point.step,
                        point.rung + 1, state_text(point), point.run.string());
  }
  return text;
}

/// The different values of a key, ascending where they are numbers.
std::vector<Json> values_of(const std::vector<TuningPoint>& points, const std::string& key) {
  std::vector<Json> values;
  for (const TuningPoint& point : points) {
    const Json& value = point.values.at(key);
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  std::ranges::sort(values, [](const Json& a, const Json& b) { return a < b; });
  return values;
}

std::size_t position(const std::vector<Json>& values, const Json& value) {
  return static_cast<std::size_t>(std::ranges::find(values, value) - values.begin());
}

HeatMap heat_map(const std::vector<TuningPoint>& points) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : points.front().values.items()) keys.push_back(key);
  const std::vector<Json> columns = values_of(points, keys[0]);
  const std::vector<Json> rows =
      keys.size() > 1 ? values_of(points, keys[1]) : std::vector<Json>{Json()};
  const bool dropped = std::ranges::any_of(
      points, [&points](const TuningPoint& point) { return point.rung < points.front().rung; });
  HeatMap map{.title = dropped
                           ? "Best validation bound, nats per image (dropped points: when dropped)"
                           : "Best validation bound, nats per image",
              .x_label = keys[0],
              .columns = {},
              .y_label = keys.size() > 1 ? keys[1] : "",
              .rows = {},
              .values = {}};
  for (const Json& value : columns) map.columns.push_back(flag_text(value));
  for (const Json& value : rows) map.rows.push_back(value.is_null() ? "" : flag_text(value));
  map.values.assign(columns.size() * rows.size(), std::numeric_limits<double>::quiet_NaN());
  for (const TuningPoint& point : points) {
    if (!std::isfinite(point.validation_bound)) continue;
    const std::size_t row = keys.size() > 1 ? position(rows, point.values.at(keys[1])) : 0;
    double& cell = map.values[row * columns.size() + position(columns, point.values.at(keys[0]))];
    cell = std::isnan(cell) ? point.validation_bound : std::max(cell, point.validation_bound);
  }
  return map;
}

}  // namespace

void write_tuning_results(const std::filesystem::path& folder, const Json& given,
                          const std::vector<TuningPoint>& points) {
  std::vector<TuningPoint> sorted = points;
  std::ranges::stable_sort(sorted, is_better);
  write_file_atomically(folder / "tune.md", markdown(sorted));
  write_file_atomically(folder / "tune.csv", csv(sorted));
  const Json description = {
      {"config", given}, {"points", tuning_json(sorted)}, {"version", version()}};
  write_file_atomically(folder / "tune.json", description.dump(2) + "\n");
  for (const char* name : {"tune.svg", "tune.png"}) {
    write_plot(folder / name, Figure{heat_map(sorted)});
  }
}

Json tuning_json(const std::vector<TuningPoint>& points) {
  Json list = Json::array();
  for (const TuningPoint& point : points) {
    list.push_back({{"point", point.name()},
                    {"values", point.values},
                    {"run", point.run.string()},
                    {"steps", point.step},
                    {"validation_bound", point.validation_bound},
                    {"rung", point.rung + 1},
                    {"state", state_text(point)}});
  }
  return list;
}

}  // namespace spvae
