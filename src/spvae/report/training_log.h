#pragma once

#include <string>
#include <vector>

#include "spvae/config/config_fields.h"

namespace spvae {

/// The folder of a run that is named by itself or by its model's file.
std::string run_folder(const std::string& run);

/// The checks of a run (run_metrics) that have all of a check's numbers; none without a log.
std::vector<Json> training_log(const std::string& run);

}  // namespace spvae
