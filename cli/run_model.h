#pragma once

#include <string>

#include "spvae/data/data_set.h"
#include "spvae/model/checkpoint.h"

namespace spvae::cli {

/// The best model of a run. `run` is its folder, or a model file itself. Errors as load_model, and
/// Error(kNoInput), one sentence, for a folder without a model; Error(kUsage) for one with models
/// of classes.
StoredModel load_run_model(const std::string& run);

/// Which data a stored model of `run` was trained on, and how they were divided and prepared. Named
/// sets are looked for first where the run had them from. Error(kData) if its file does not say it.
DataConfig training_data(const StoredModel& stored, const std::string& run);

/// The data that a command was told to take; each empty: as in the training.
struct DataChoice {
  std::string data = {};
  std::string data_dir = {};  ///< to look for a named set in first
  std::string labels = {};
};

/// The data of `training`, or those of `choice`, whole and with labels of their own, prepared
/// alike. Errors as DataSet, and Error(kData) when the data of the training no longer have its
/// `digest`: divided anew, training images might be test images.
DataSet open_data(DataConfig training, const std::string& digest, const std::string& run,
                  const DataChoice& choice, ThreadPool& pool);

/// The same of a stored model; `instead` is DataChoice::data.
DataSet open_data(const StoredModel& stored, const std::string& run, const std::string& instead,
                  const std::string& data_dir, ThreadPool& pool);

}  // namespace spvae::cli
