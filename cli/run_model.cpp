#include "run_model.h"

#include <filesystem>

#include "spvae/core/error.h"
#include "spvae/train/run_config.h"
#include "spvae/train/run_folder.h"

namespace spvae::cli {

namespace {

namespace fs = std::filesystem;

RunConfig training_config(const StoredModel& stored, const std::string& run) try {
  RunConfig config = run_config(stored.origin.training);
  // Models of earlier builds do not record it: it was the one of all data.
  if (config.stretch == Stretch::kAuto) config.stretch = Stretch::kImage;
  if (config.dequantize == Dequantize::kAuto) config.dequantize = Dequantize::kOn;
  return config;
} catch (const Error& error) {
  fail(ErrorKind::kData, "{}: the model's training entry is not valid: {}", run, error.what());
}

// As the model's file names it.
DataConfig training_data(const StoredModel& stored, const std::string& run) {
  RunConfig config = training_config(stored, run);
  std::error_code absent;
  const fs::path path(run);
  config.data_dir = kept_data_dir(fs::is_directory(path, absent) ? path : path.parent_path());
  return data_config(config);
}

DataSet open_same_data(const DataConfig& config, const StoredModel& stored, const std::string& run,
                       ThreadPool& pool) try {
  DataSet data(config, &pool);
  if (data.digest() == stored.origin.data_digest) return data;
  fail(ErrorKind::kData, "the data are not those that {} was trained on (digest now {}, then {})",
       run, data.digest(), stored.origin.data_digest);
} catch (const Error& error) {
  fail(error.kind(), "{}: {}; say --data to evaluate others", config.data, error.what());
}

DataSet open_other_data(DataConfig config, const std::string& data, ThreadPool& pool) {
  config.data = data;
  config.training_images = 0;
  config.mask.clear();
  return DataSet(config, &pool);
}

}  // namespace

StoredModel load_run_model(const std::string& run) {
  std::error_code error;
  const std::filesystem::path path(run);
  if (!std::filesystem::exists(path, error)) {
    fail(ErrorKind::kNoInput, "{}: no such run; 'spvae train --out {}' makes one", run, run);
  }
  if (!std::filesystem::is_directory(path, error)) return load_model(path);
  const std::filesystem::path model = path / RunFolder::kModelFile;
  if (!std::filesystem::exists(model, error)) {
    fail(ErrorKind::kNoInput, "{}: holds no model ({}); a run has one from its first validation on",
         run, RunFolder::kModelFile);
  }
  return load_model(model);
}

Json trained_config(const StoredModel& stored, const std::string& run) {
  return run_config_json(training_config(stored, run));
}

DataSet open_data(const StoredModel& stored, const std::string& run, const DataChoice& choice,
                  ThreadPool& pool) {
  DataConfig config = training_data(stored, run);
  if (!choice.data_dir.empty()) config.data_dir = choice.data_dir;
  if (choice.missing) config.missing = *choice.missing;
  DataSet data = choice.data.empty() ? open_same_data(config, stored, run, pool)
                                     : open_other_data(config, choice.data, pool);
  if (choice.missing == Missing::kNan && !data.is_float()) {
    fail(ErrorKind::kUsage,
         "missing: got nan, but the pixels of {} are of 8 bits, which have no NaN; leave it out",
         data.name());
  }
  return data;
}

}  // namespace spvae::cli
