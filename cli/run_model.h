#pragma once

#include <string>

#include "spvae/data/data_set.h"
#include "spvae/model/checkpoint.h"

namespace spvae::cli {

/// The best model of a run. `run` is its folder, or a model file itself. Errors as load_model, and
/// Error(kNoInput), one sentence, for a folder without a model.
StoredModel load_run_model(const std::string& run);

/// The data that a stored model of `run` was trained on, or those of `instead` if it is not empty,
/// prepared alike. Named sets are looked for first in `data_dir`, or if that is empty, where the
/// run had them from. Errors as DataSet, and Error(kData) when the data are no longer those of the
/// training: divided anew, training images might be test images.
DataSet open_data(const StoredModel& stored, const std::string& run, const std::string& instead,
                  const std::string& data_dir, ThreadPool& pool);

}  // namespace spvae::cli
