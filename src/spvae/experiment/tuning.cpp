#include "spvae/experiment/tuning.h"

#include <algorithm>
#include <array>

#include "spvae/core/error.h"
#include "spvae/data/permutation.h"
#include "spvae/experiment/experiment.h"
#include "spvae/experiment/run_metrics.h"
#include "spvae/run/training_run.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kMaxPoints = 10000;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char letter : text) {
    if (letter == separator) {
      parts.emplace_back();
    } else {
      parts.back() += letter;
    }
  }
  return parts;
}

/// {key: [values]} of "key=value,value;key=value".
Json inline_grid(const std::string& text) {
  const std::vector<FieldInfo> infos = field_infos(run_fields());
  Json grid = Json::object();
  for (const std::string& axis : split(text, ';')) {
    const std::size_t equals = axis.find('=');
    if (equals == std::string::npos || equals == 0) {
      fail(ErrorKind::kUsage,
           "grid: got '{}', expected KEY=VALUE,VALUE;KEY=VALUE,VALUE with every key once, the name "
           "of a grid, or a JSON file",
           text);
    }
    const std::string key = axis.substr(0, equals);
    const std::string name = canonical_keys(Json{{key, ""}}, infos).begin().key();
    if (grid.contains(name)) fail(ErrorKind::kUsage, "grid: {}: expected every key once", name);
    const FieldInfo& info = *std::ranges::find(infos, name, &FieldInfo::name);
    for (const std::string& value : split(axis.substr(equals + 1), ',')) {
      grid[name].push_back(parse_field(info, value));
    }
  }
  return grid;
}

/// Whether what a bound is of depends on a key, or how it is estimated: of more samples it is
/// higher by itself.
bool changes_measure(const std::string& key) {
  constexpr std::array kKeys = {
      "likelihood",       "labels",   "class",   "colour", "stretch",
      "dequantize",       "binarise", "missing", "mask",   "validation-samples",
      "validation-images"};
  return key.starts_with("data") || std::ranges::find(kKeys, key) != kKeys.end();
}

Grid grid_of(const Json& json) {
  if (!json.is_object() || json.empty()) {
    fail(ErrorKind::kUsage, "grid: expected an object of keys with lists of values");
  }
  Grid grid;
  std::size_t points = 1;
  const std::vector<FieldInfo> infos = field_infos(run_fields());
  const Json axes = canonical_keys(json, infos);
  for (const auto& [key, values] : axes.items()) {
    if (!values.is_array() || values.empty()) {
      fail(ErrorKind::kUsage, "grid: {}: expected a list of values", key);
    }
    const auto info = std::ranges::find(infos, key, &FieldInfo::name);
    if (!info->changes_result) {
      fail(ErrorKind::kUsage, "grid: {}: changes no result; leave it out of the grid", key);
    }
    if (changes_measure(key)) {
      fail(ErrorKind::kUsage,
           "grid: {}: bounds over it would not be comparable; leave it out of the grid, and give "
           "all points the same by --{}",
           key, key);
    }
    grid.push_back({key, {}});
    for (const Json& value : values) {
      if (std::ranges::find(grid.back().values, value) != grid.back().values.end()) {
        fail(ErrorKind::kUsage, "grid: {}: the value {} is given twice", key, value.dump());
      }
      grid.back().values.push_back(value);
    }
    points *= values.size();
    if (points > kMaxPoints) {
      fail(ErrorKind::kUsage, "grid: got more than {} points, expected fewer", kMaxPoints);
    }
  }
  return grid;
}

/// Every combination, the last key fastest.
std::vector<Json> combinations(const Grid& grid) {
  std::vector<Json> all = {Json::object()};
  for (const GridAxis& axis : grid) {
    std::vector<Json> longer;
    for (const Json& values : all) {
      for (const Json& value : axis.values) {
        longer.push_back(values);
        longer.back()[axis.key] = value;
      }
    }
    all = std::move(longer);
  }
  return all;
}

/// Reads how far a point is, looking at checks alone up to the first at or behind step `limit`,
/// where a rung ends.
void look(TuningPoint& point, std::int64_t limit) {
  for (const Json& line : run_metrics(point.run)) {
    point.step = line.at("step").get<std::int64_t>();
    point.validation_bound =
        std::max(point.validation_bound, line.at("validation_bound").get<double>());
    if (point.step >= limit) break;
  }
}

/// Passes all on, and stops a run at its first check at or behind a step.
class RungObserver : public RelayObserver {
 public:
  RungObserver(TuningObserver& observer, std::int64_t limit)
      : RelayObserver(observer), limit_(limit) {}

  bool reached() const { return reached_; }

  void on_check(const CheckReport& report) override {
    reached_ = report.check.step >= limit_;
    RelayObserver::on_check(report);
  }

 private:
  std::int64_t limit_;
  bool reached_ = false;
};

/// Trains a point up to a step, or to its end.
void advance(TuningPoint& point, std::int64_t limit, TuningObserver& observer,
             const std::function<bool()>& stop) {
  look(point, limit);
  if (point.step >= limit || point.finished) return;
  RungObserver rung(observer, limit);
  try {
    start_or_resume_training(point.run, point.asked, rung,
                             [&] { return rung.reached() || stop(); });
    point.finished = true;
  } catch (const Error& error) {
    // A point whose learning rate is too high must not end the search of the others.
    point.failed = error.kind() == ErrorKind::kNumerical;
    const bool rung_ended = error.kind() == ErrorKind::kInterrupted && rung.reached();
    if (!point.failed && !rung_ended) throw;
    if (point.failed) {
      observer.on_message("warning: " + point.name() + " failed: " + error.what());
    }
  }
  look(point, limit);
}

}  // namespace

bool is_better(const TuningPoint& a, const TuningPoint& b) {
  if (a.failed != b.failed) return b.failed;
  return a.rung != b.rung ? a.rung > b.rung : a.validation_bound > b.validation_bound;
}

std::string TuningPoint::name() const {
  std::string text;
  for (const auto& [key, value] : values.items()) {
    text += (text.empty() ? "" : " ") + key + "=" + flag_text(value);
  }
  return text;
}

Grid parse_grid(const std::string& text) {
  if (text.ends_with(".json")) return grid_of(read_json(text, ErrorKind::kUsage));
  if (text.find('=') != std::string::npos) return grid_of(inline_grid(text));
  const Json named = read_json(find_experiment("grids").string(), ErrorKind::kUsage);
  if (!named.contains(text)) {
    std::string names;
    for (const auto& [name, grid] : named.items()) names += (names.empty() ? "" : ", ") + name;
    fail(ErrorKind::kUsage,
         "grid: got '{}', expected KEY=VALUE,VALUE;..., a JSON file, or one of {}", text, names);
  }
  return grid_of(named.at(text));
}

std::vector<TuningPoint> tuning_points(const fs::path& folder, const RunRequest& shared,
                                       const Grid& grid, const TuningConfig& config) {
  const std::vector<Json> all = combinations(grid);
  std::vector<std::uint32_t> order =
      random_permutation({.seed = shared.config.train.seed, .purpose = Purpose::kTuning},
                         static_cast<std::uint32_t>(all.size()));
  if (config.points > 0 && static_cast<std::size_t>(config.points) < order.size()) {
    order.resize(static_cast<std::size_t>(config.points));
  }
  std::ranges::sort(order);
  std::vector<TuningPoint> points;
  for (const std::uint32_t i : order) {
    TuningPoint point{.values = all[i]};
    Json keys = shared.given;
    keys.update(point.values);
    point.asked = keys;
    std::string name = point.name();
    std::ranges::replace(name, ' ', ',');
    std::ranges::replace(name, '/', '-');
    point.run = folder / "points" / name;
    check_used(run_fields(), point.asked.config, keys);  // before hours of training of others
    points.push_back(std::move(point));
  }
  return points;
}

std::vector<TuningPoint> tune(std::vector<TuningPoint> points, const TuningConfig& config,
                              TuningObserver& observer, const std::function<bool()>& stop) {
  std::size_t survivors = points.size();
  auto limit = static_cast<std::int64_t>(config.first_steps);
  for (int rung = 0;;) {
    const bool last = config.halving < 2 || survivors == 1;
    int number = 0;
    for (std::size_t i = 0; i < survivors; ++i) {
      TuningPoint& point = points[i];
      point.rung = rung;
      observer.on_point(point, ++number, static_cast<int>(survivors));
      advance(point, last ? std::numeric_limits<std::int64_t>::max() : limit, observer, stop);
      observer.on_points(points);
    }
    std::ranges::stable_sort(points, is_better);
    const auto alive =
        static_cast<std::size_t>(std::ranges::count(points, false, &TuningPoint::failed));
    if (alive == 0) return points;
    if (points.front().rung < rung) {  // all of this rung failed: once more, with the next best
      survivors = std::min(survivors, alive);
      continue;
    }
    if (last) return points;
    const auto factor = static_cast<std::size_t>(config.halving);
    survivors = std::min((survivors + factor - 1) / factor, alive);
    limit *= config.halving;
    ++rung;
  }
}

}  // namespace spvae
