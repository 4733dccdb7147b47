#include "run_model.h"

#include <filesystem>

#include "spvae/core/error.h"
#include "spvae/train/class_runs.h"
#include "spvae/train/run_config.h"
#include "spvae/train/run_folder.h"

namespace spvae::cli {

namespace fs = std::filesystem;

DataConfig training_data(const StoredModel& stored, const std::string& run) try {
  RunConfig config = run_config(stored.origin.training);
  std::error_code absent;
  const fs::path path(run);
  config.data_dir = kept_data_dir(fs::is_directory(path, absent) ? path : path.parent_path());
  // Models of earlier builds do not record it: it was the one of all data.
  if (config.stretch == Stretch::kAuto) config.stretch = Stretch::kImage;
  if (config.dequantize == Dequantize::kAuto) config.dequantize = Dequantize::kOn;
  return data_config(config);
} catch (const Error& error) {
  fail(ErrorKind::kData, "{}: the model's training entry is not valid: {}", run, error.what());
}

StoredModel load_run_model(const std::string& run) {
  std::error_code error;
  const std::filesystem::path path(run);
  if (!std::filesystem::exists(path, error)) {
    fail(ErrorKind::kNoInput, "{}: no such run; 'spvae train --out {}' makes one", run, run);
  }
  if (!std::filesystem::is_directory(path, error)) return load_model(path);
  const std::filesystem::path model = path / RunFolder::kModelFile;
  if (holds_class_runs(path)) {
    const std::string first = load_class_runs(path).classes.front().folder;
    fail(ErrorKind::kUsage, "{}: holds a model for each class; name one of them, such as {}", run,
         (path / first).string());
  }
  if (!std::filesystem::exists(model, error)) {
    fail(ErrorKind::kNoInput, "{}: holds no model ({}); a run has one from its first validation on",
         run, RunFolder::kModelFile);
  }
  return load_model(model);
}

DataSet open_data(DataConfig config, const std::string& digest, const std::string& run,
                  const DataChoice& choice, ThreadPool& pool) {
  if (!choice.data_dir.empty()) config.data_dir = choice.data_dir;
  if (!choice.labels.empty()) config.labels = choice.labels;
  if (!choice.data.empty()) {
    config.data = choice.data;
    config.training_images = 0;
    config.class_name.clear();
    config.labels = choice.labels;
    return DataSet(config, &pool);
  }
  try {
    DataSet data(config, &pool);
    if (data.digest() == digest) return data;
    fail(ErrorKind::kData, "the data are not those that {} was trained on (digest now {}, then {})",
         run, data.digest(), digest);
  } catch (const Error& error) {
    fail(error.kind(), "{}: {}; say --data to evaluate others", config.data, error.what());
  }
}

DataSet open_data(const StoredModel& stored, const std::string& run, const std::string& instead,
                  const std::string& data_dir, ThreadPool& pool) {
  return open_data(training_data(stored, run), stored.origin.data_digest, run,
                   {.data = instead, .data_dir = data_dir}, pool);
}

}  // namespace spvae::cli
