#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "spvae/data/data_set.h"
#include "spvae/experiment/tuning.h"

namespace spvae {

/// Writes what a search has found so far into `folder`: tune.md and tune.csv, a row for each point,
/// the best first; tune.json, `search` (search_json) with "points", as tuning_json gives them; and
/// the picture tune.svg and tune.png: validation bounds over the grid's first two keys (over the
/// first alone where there is one), the best of the others, without points that failed. The file
/// FILE.json beside a picture holds the same as tune.json, and "picture", its title. Errors as
/// write_file_atomically.
void write_tuning_results(const std::filesystem::path& folder, const Json& search,
                          const std::vector<TuningPoint>& points);

/// A list of {"point", "values", "run", "steps", "validation_bound", "rung", "state"};
/// null for the bound of a point without a check; the state is "finished", "failed", "stopped" (it
/// did not go on, or not yet) or "" (not begun).
Json tuning_json(const std::vector<TuningPoint>& points);

/// How a search's results were made:
///   command                   the words that make them again
///   search                    grid, points if it is a part of that, halving with first-steps if
///                             they were said, seed
///   config                    result_config_json, of those fields that all points share
///   data, data_digest         DataSet::name and digest; data_warning, if there is one
///   version
/// `points`: tuning_points, chosen by `seed`. Errors as fit_to_data.
Json search_json(const std::string& command, std::uint32_t seed, const Grid& grid,
                 const TuningConfig& config, const std::vector<TuningPoint>& points,
                 const DataSet& data);

/// Refuses to replace the results of another search. Error(kUsage) if `folder` holds a tune.json
/// whose halving, seed, config or data are not those of `search`, or which has a point that is not
/// among `points`: a grid may grow. Error(kData) if it does not say so.
void check_same_search(const std::filesystem::path& folder, const Json& search,
                       const std::vector<TuningPoint>& points);

}  // namespace spvae
