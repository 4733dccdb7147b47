#pragma once

#include <filesystem>
#include <vector>

#include "spvae/model/config_fields.h"

namespace spvae {

/// The checks of a run so far, an object each as in metrics.jsonl; none where there is no such
/// file. A last line that a kill has cut is left out.
std::vector<Json> run_metrics(const std::filesystem::path& run);

/// Wall time of a training that may have been interrupted, seconds: what lies between its checks,
/// summed.
double training_seconds(const std::vector<Json>& metrics);

}  // namespace spvae
