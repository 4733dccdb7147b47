#pragma once

#include <optional>
#include <string>

#include "spvae/data/data_set.h"
#include "spvae/model/checkpoint.h"

namespace spvae::cli {

/// The best model of a run. `run` is its folder, or a model file itself. Errors as load_model, and
/// Error(kNoInput), one sentence, for a folder without a model.
StoredModel load_run_model(const std::string& run);

/// The whole config that a stored model of `run` was trained with, as config.json has it: values
/// that its file does not record, of an earlier build, are those that it had. Error(kData) where
/// the file's are not valid.
Json trained_config(const StoredModel& stored, const std::string& run);

/// What a command says of the images instead of the run.
struct DataChoice {
  std::string data = {};                ///< empty: the data that the model was trained on
  std::string data_dir = {};            ///< where a named set is looked for first; empty: as then
  std::optional<Missing> missing = {};  ///< nothing: as then
};

/// The data that a stored model of `run` was trained on, or others, prepared alike. Errors as
/// DataSet; Error(kData) when the data are no longer those of the training: divided anew, training
/// images might be test images; Error(kUsage) when NaN is to be a missing pixel of 8-bit images.
DataSet open_data(const StoredModel& stored, const std::string& run, const DataChoice& choice,
                  ThreadPool& pool);

}  // namespace spvae::cli
