#pragma once

#include <filesystem>
#include <string>
#include <vector>

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

}  // namespace spvae
