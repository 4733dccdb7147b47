#include "spvae/experiment/tuning_results.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <system_error>

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/csv.h"
#include "spvae/io/file.h"
#include "spvae/plot/write_plot.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

std::string bound_text(double bound) {
  return std::isfinite(bound) ? fmt::format("{:.2f}", bound) : "";
}

const char* state_text(const TuningPoint& point) {
  return point.failed ? "failed" : point.finished ? "finished" : point.step > 0 ? "stopped" : "";
}

/// "hidden 8, 16; filters [4,8], [8,16]".
std::string grid_text(const Json& grid) {
  std::vector<std::string> axes;
  for (const auto& [key, values] : grid.items()) {
    std::vector<std::string> texts;
    for (const Json& value : values) {
      texts.push_back(value.is_array() ? value.dump() : flag_text(value));
    }
    axes.push_back(fmt::format("{} {}", key, fmt::join(texts, ", ")));
  }
  return fmt::format("{}", fmt::join(axes, "; "));
}

/// How the search was made, in sentences.
std::string origin_text(const Json& search, const std::vector<TuningPoint>& points) {
  const auto text = [&search](const char* key) { return search.at(key).get<std::string>(); };
  const Json& how = search.at("search");
  std::string sentences =
      fmt::format("`{}`; {} of {} points are trained to their end", text("command"),
                  std::ranges::count(points, true, &TuningPoint::finished), points.size());
  const auto failed = std::ranges::count(points, true, &TuningPoint::failed);
  if (failed > 0) sentences += fmt::format(", {} failed: their numbers left the finite", failed);
  sentences += fmt::format(". Grid: {}", grid_text(how.at("grid")));
  if (how.contains("points")) {
    sentences += fmt::format("; of it {} points, at random", how.at("points").dump());
  }
  if (how.contains("halving")) {
    sentences +=
        fmt::format("; successive halving: the best 1/{} go on, the first time after {} steps",
                    how.at("halving").dump(), how.at("first-steps").dump());
  }
  sentences += fmt::format("; seed {}. Data: {}, digest {}. Version {}.\n", how.at("seed").dump(),
                           text("data"), text("data_digest"), text("version"));
  if (search.contains("data_warning")) {
    sentences += fmt::format("\nNot comparable: {}.\n", text("data_warning"));
  }
  return sentences;
}

std::string config_table(const Json& config) {
  std::string text = "## What all points share\n\n| key | value |\n|---|---|\n";
  for (const auto& [key, value] : config.items()) {
    text += fmt::format("| {} | {} |\n", key, flag_text(value));
  }
  return text;
}

std::string markdown(const Json& search, const std::vector<TuningPoint>& points) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : points.front().values.items()) keys.push_back(key);
  std::string text = fmt::format(
      "# Search over {}\n\n<!-- Written by `spvae tune`; do not edit. -->\n\n{}\n"
      "Of each point the best validation bound so far: of one that was dropped until then, of one "
      "that failed before that. The best point is the first, failed ones are the last.\n\n",
      fmt::join(keys, ", "), origin_text(search, points));
  text += "| point | validation bound, nats | steps | rung | state |\n|---|---|---|---|---|\n";
  for (const TuningPoint& point : points) {
    text += fmt::format("| {} | {} | {} | {} | {} |\n", point.name(),
                        bound_text(point.validation_bound), point.step, point.rung + 1,
                        state_text(point));
  }
  return text + "\n" + config_table(search.at("config"));
}

std::string csv(const std::vector<TuningPoint>& points) {
  std::vector<std::string> fields;
  for (const auto& [key, value] : points.front().values.items()) fields.push_back(key);
  for (const char* key : {"validation_bound", "steps", "rung", "state", "run"}) {
    fields.emplace_back(key);
  }
  std::string text = csv_line(fields);
  for (const TuningPoint& point : points) {
    fields.clear();
    for (const Json& value : point.values) fields.push_back(flag_text(value));
    fields.insert(fields.end(),
                  {bound_text(point.validation_bound), std::to_string(point.step),
                   std::to_string(point.rung + 1), state_text(point), point.run.string()});
    text += csv_line(fields);
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

/// What the numbers of the heat map are.
std::string title_of(const std::vector<std::string>& keys, const std::vector<TuningPoint>& points) {
  std::string title = "Best validation bound, nats per image";
  if (keys.size() > 2) {
    title += fmt::format(", best over {}", fmt::join(keys.begin() + 2, keys.end(), ", "));
  }
  const bool dropped = std::ranges::any_of(points, [&points](const TuningPoint& point) {
    return !point.failed && point.rung < points.front().rung;
  });
  return dropped ? title + " (dropped points: when dropped)" : title;
}

HeatMap heat_map(const std::vector<TuningPoint>& points) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : points.front().values.items()) keys.push_back(key);
  const std::vector<Json> columns = values_of(points, keys[0]);
  const std::vector<Json> rows =
      keys.size() > 1 ? values_of(points, keys[1]) : std::vector<Json>{Json()};
  HeatMap map{.title = title_of(keys, points),
              .x_label = keys[0],
              .y_label = keys.size() > 1 ? keys[1] : ""};
  for (const Json& value : columns) map.columns.push_back(flag_text(value));
  for (const Json& value : rows) map.rows.push_back(value.is_null() ? "" : flag_text(value));
  map.values.assign(columns.size() * rows.size(), std::numeric_limits<double>::quiet_NaN());
  for (const TuningPoint& point : points) {
    if (point.failed || !std::isfinite(point.validation_bound)) continue;
    const std::size_t row = keys.size() > 1 ? position(rows, point.values.at(keys[1])) : 0;
    double& cell = map.values[row * columns.size() + position(columns, point.values.at(keys[0]))];
    cell = std::isnan(cell) ? point.validation_bound : std::max(cell, point.validation_bound);
  }
  return map;
}

/// Bytes of a path that are no UTF-8 become U+FFFD.
void write_json(const std::filesystem::path& path, const Json& json) {
  write_file_atomically(path, json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

Json grid_json(const Grid& grid) {
  Json json = Json::object();
  for (const GridAxis& axis : grid) json[axis.key] = axis.values;
  return json;
}

std::size_t size_of(const Grid& grid) {
  std::size_t size = 1;
  for (const GridAxis& axis : grid) size *= axis.values.size();
  return size;
}

/// The fields that have one value in all points: a grid over the model varies its defaults too.
Json shared_config(const std::vector<TuningPoint>& points, const DataSet& data) {
  Json shared;
  for (const TuningPoint& point : points) {
    RunConfig config = point.asked.config;
    anchor_data(config);
    fit_to_data(data, config);
    const Json own = result_config_json(config);
    if (shared.is_null()) shared = own;
    for (const auto& [key, value] : own.items()) {
      if (shared.contains(key) && shared.at(key) != value) shared.erase(key);
    }
  }
  return shared;
}

Json value_or_null(const Json& object, const std::string& key) {
  return object.contains(key) ? object.at(key) : Json();
}

std::string shown(const Json& value) { return value.is_null() ? "none" : value.dump(); }

void check_equal(const fs::path& file, const std::string& key, const Json& stored,
                 const Json& now) {
  if (stored == now) return;
  fail(ErrorKind::kUsage,
       "{}: is of a search with {} {}, got {}; choose another --out, or move {} away",
       file.string(), key, shown(stored), shown(now), file.parent_path().string());
}

void check_settings(const fs::path& file, const Json& stored, const Json& search) {
  check_equal(file, "seed", stored.at("search").at("seed"), search.at("search").at("seed"));
  for (const char* key : {"halving", "first-steps"}) {
    check_equal(file, key, value_or_null(stored.at("search"), key),
                value_or_null(search.at("search"), key));
  }
  const Json& before = stored.at("config");
  for (const auto& [key, value] : search.at("config").items()) {
    // The data, mask, labels and graph may have moved: digests and graphs are compared.
    const bool is_path = key == "data" || key == "mask" || key == "labels" || key == "graph";
    if (!is_path && before.contains(key)) check_equal(file, key, before.at(key), value);
  }
  check_equal(file, "data_digest", stored.at("data_digest"), search.at("data_digest"));
}

void check_points(const fs::path& file, const Json& stored,
                  const std::vector<TuningPoint>& points) {
  std::set<std::string> names;
  for (const TuningPoint& point : points) names.insert(point.name());
  for (const Json& point : stored.at("points")) {
    const auto name = point.at("point").get<std::string>();
    if (names.contains(name)) continue;
    fail(ErrorKind::kUsage,
         "{}: is of a search with the point {}, which this one has not; choose another --out, move "
         "{} away, or say a grid that has all of its points",
         file.string(), name, file.parent_path().string());
  }
}

}  // namespace

void write_tuning_results(const std::filesystem::path& folder, const Json& search,
                          const std::vector<TuningPoint>& points) {
  std::vector<TuningPoint> sorted = points;
  std::ranges::stable_sort(sorted, is_better);
  write_file_atomically(folder / "tune.md", markdown(search, sorted));
  write_file_atomically(folder / "tune.csv", csv(sorted));
  Json description = search;
  description["points"] = tuning_json(sorted);
  write_json(folder / "tune.json", description);
  const HeatMap map = heat_map(sorted);
  description["picture"] = map.title;
  for (const char* name : {"tune.svg", "tune.png"}) {
    write_plot(folder / name, Figure{map});
    write_json(folder / (std::string(name) + ".json"), description);
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

Json search_json(const std::string& command, std::uint32_t seed, const Grid& grid,
                 const TuningConfig& config, const std::vector<TuningPoint>& points,
                 const DataSet& data) {
  Json search = {{"grid", grid_json(grid)}};
  if (config.points > 0 && points.size() < size_of(grid)) search["points"] = config.points;
  if (config.halving > 0) {
    search["halving"] = config.halving;
    search["first-steps"] = config.first_steps;
  }
  search["seed"] = seed;
  Json json = {{"command", command},
               {"search", search},
               {"config", shared_config(points, data)},
               {"data", data.name()},
               {"data_digest", data.digest()}};
  if (!data.warning().empty()) json["data_warning"] = data.warning();
  json["version"] = version();
  return json;
}

void check_same_search(const fs::path& folder, const Json& search,
                       const std::vector<TuningPoint>& points) {
  const fs::path file = folder / "tune.json";
  if (!is_there(file)) return;
  const Json stored = read_json(file.string(), ErrorKind::kData);
  try {
    check_settings(file, stored, search);
    check_points(file, stored, points);
  } catch (const Json::exception&) {
    fail(ErrorKind::kData, "{}: does not say which search it is of; move it away", file.string());
  }
}

}  // namespace spvae
