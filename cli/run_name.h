#pragma once

#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/train/run_config.h"

namespace spvae::cli {

/// What a run is called where nobody says: "mnist-spvae-gaussian", the data without folders and
/// endings; of one class with "-class-NAME".
std::string run_name(const RunConfig& config);

/// Takes the keys of `fields` out of `given` and returns them.
Json taken_keys(const std::vector<FieldInfo>& fields, Json& given);

}  // namespace spvae::cli
