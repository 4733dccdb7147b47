#pragma once

#include <functional>
#include <optional>
#include <string>

#include "spvae/data/data_set.h"
#include "spvae/model/checkpoint.h"

namespace spvae {

/// The best model of a run. `run` is its folder, or a model file itself. Errors as load_model, and
/// Error(kNoInput), one sentence, for a folder without a model; Error(kUsage) for one with models
/// of classes.
StoredModel load_run_model(const std::string& run);

/// The whole config that a stored model of `run` was trained with, as config.json has it: values
/// that its file does not record, of an earlier build, are those that it had. Error(kData) where
/// the file's are not valid.
Json trained_config(const StoredModel& stored, const std::string& run);

/// Which data a stored model of `run` was trained on, and how they were divided and prepared. Named
/// sets are looked for first where the run had them from. Errors as trained_config.
DataConfig training_data(const StoredModel& stored, const std::string& run);

/// What a command says of the images instead of the run.
struct DataChoice {
  std::string data = {};      ///< empty: the data that the model was trained on
  std::string data_dir = {};  ///< where a named set is looked for first; empty: as then
  std::string labels = {};    ///< file of the images' labels; empty: as then, or their own
  std::optional<Missing> missing = {};  ///< nothing: as then
};

/// Told of something worth telling the user, one sentence.
using Warn = std::function<void(const std::string& warning)>;

/// The data of `training`, or those of `choice`, whole and with labels of their own, prepared
/// alike; where these are the training's that have moved, by the `digest`, they are divided as it
/// was. Errors as DataSet; Error(kData) when the data of the training no longer have its
/// `digest`: divided anew, training images might be test images; Error(kUsage) when NaN is to be a
/// missing pixel of 8-bit images. Warns of unpublished data, and of whole data that hold the
/// training images.
DataSet open_data(DataConfig training, const std::string& digest, const std::string& run,
                  const DataChoice& choice, ThreadPool& pool, const Warn& warn);

}  // namespace spvae
