#include "spvae/experiment/tuning_search.h"

#include <set>
#include <system_error>

#include "spvae/core/error.h"
#include "spvae/core/version.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

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
    // The data, mask and labels may have moved: their digest is compared.
    const bool is_path = key == "data" || key == "mask" || key == "labels";
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
  std::error_code absent;
  if (!fs::exists(file, absent)) return;
  const Json stored = read_json(file.string(), ErrorKind::kData);
  try {
    check_settings(file, stored, search);
    check_points(file, stored, points);
  } catch (const Json::exception&) {
    fail(ErrorKind::kData, "{}: does not say which search it is of; move it away", file.string());
  }
}

}  // namespace spvae
