#pragma once

#include <string>

#include "spvae/data/data_set.h"
#include "spvae/model/checkpoint.h"

namespace spvae::cli {

/// The best model of a run. `run` is its folder, or a model file itself. Errors as load_model, and
/// Error(kNoInput), one sentence, for a folder without a model.
StoredModel load_run_model(const std::string& run);

/// The data that a stored model was trained on, as its config names them.
DataConfig data_of(const StoredModel& stored);

}  // namespace spvae::cli
