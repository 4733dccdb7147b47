#include "spvae/run/run_model.h"

#include <fmt/format.h>

#include "spvae/core/error.h"
#include "spvae/data/opened_data.h"
#include "spvae/io/file.h"
#include "spvae/run/class_runs.h"
#include "spvae/run/run_folder.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

RunConfig training_config(const StoredModel& stored, const std::string& run) try {
  RunConfig config = run_config(stored.origin.training);
  // Models of earlier builds do not record it: it was the one of all data.
  if (config.stretch == Stretch::kAuto) config.stretch = Stretch::kImage;
  if (config.dequantize == Dequantize::kAuto) config.dequantize = Dequantize::kOn;
  return config;
} catch (const Error& error) {
  fail(ErrorKind::kData, "{}: the model's training entry is not valid: {}", run, error.what());
}

DataSet open_same_data(const DataConfig& config, const std::string& digest, const std::string& run,
                       ThreadPool& pool) try {
  DataSet data(config, &pool);
  if (data.digest() == digest) return data;
  fail(ErrorKind::kData, "the data are not those that {} was trained on (digest now {}, then {})",
       run, data.digest(), digest);
} catch (const Error& error) {
  const bool have_moved = !is_named_set(config.data) && !is_there(config.data);
  fail(error.kind(), "{}: {}; say --data {}", config.data, error.what(),
       have_moved ? "with their new place, or to evaluate others" : "to evaluate others");
}

bool have_digest(const DataConfig& config, const std::string& digest, ThreadPool& pool) {
  try {
    return DataSet(config, &pool).digest() == digest;
  } catch (const Error&) {
    return false;  // not there, of another size than the mask, or without the class
  }
}

/// The file that the training's division needs and that is not there; "" where there is none.
std::string lost_file(const DataConfig& training) {
  const std::string labels = training.class_name.empty() ? "" : training.labels;
  for (const std::string& path : {training.mask, labels}) {
    if (!path.empty() && !is_there(path)) return path;
  }
  return "";
}

/// Warns where it cannot be told whether data are those of the training.
void warn_of_lost_files(const DataConfig& training, const Warn& warn) {
  const std::string lost = lost_file(training);
  if (lost.empty()) return;
  warn(fmt::format(
      "without {}, which the run's division needs, it cannot be told whether these images "
      "are the run's; training images may be among them",
      lost));
}

DataSet open_other_data(const DataConfig& training, const std::string& digest,
                        const DataChoice& choice, ThreadPool& pool, const Warn& warn) {
  DataConfig config = training;
  config.data = choice.data;
  config.training_images = 0;
  config.whole = true;
  config.mask.clear();
  config.class_name.clear();
  config.labels = choice.labels;
  DataSet data(config, &pool);
  warn_of_lost_files(training, warn);
  DataConfig moved = training;
  moved.data = choice.data;
  const bool is_of_files_alone = training.mask.empty() && training.class_name.empty();
  const bool is_of_run =
      is_of_files_alone ? data.digest() == digest : have_digest(moved, digest, pool);
  if (!is_of_run) return data;
  if (have_digest(training, digest, pool)) {
    if (!data.is_whole()) return data;
    warn(
        "these are all images of the data that the run was trained on, its training "
        "images among them; leave out --data to ask about its test images");
    return data;
  }
  if (!choice.labels.empty()) moved.labels = choice.labels;
  return DataSet(moved, &pool);
}

}  // namespace

DataConfig training_data(const StoredModel& stored, const std::string& run) {
  RunConfig config = training_config(stored, run);
  const fs::path path(run);
  config.vectors = !stored.model.config().columns.are_none();
  config.data_dir = kept_data_dir(is_folder(path) ? path : path.parent_path());
  return data_config(config);
}

StoredModel load_run_model(const std::string& run) {
  const fs::path path(run);
  if (!is_there(path)) {
    fail(ErrorKind::kNoInput, "{}: no such run; 'spvae train --out {}' makes one", run, run);
  }
  if (!is_folder(path)) return load_model(path);
  const fs::path model = path / RunFolder::kModelFile;
  if (holds_class_runs(path)) {
    const std::string first = load_class_runs(path).classes.front().folder;
    fail(ErrorKind::kUsage, "{}: holds a model for each class; name one of them, such as {}", run,
         (path / first).string());
  }
  if (!is_there(model)) {
    fail(ErrorKind::kNoInput, "{}: holds no model ({}); a run has one from its first validation on",
         run, RunFolder::kModelFile);
  }
  return load_model(model);
}

Json trained_config(const StoredModel& stored, const std::string& run) {
  return run_config_json(training_config(stored, run));
}

DataSet open_data(DataConfig training, const std::string& digest, const std::string& run,
                  const DataChoice& choice, ThreadPool& pool, const Warn& warn) {
  if (!choice.data_dir.empty()) training.data_dir = choice.data_dir;
  if (!choice.labels.empty()) training.labels = choice.labels;
  if (choice.missing) training.missing = *choice.missing;
  if (const std::string lost = lost_file(training); choice.data.empty() && !lost.empty()) {
    fail(ErrorKind::kNoInput,
         "{}: no such file, but the division of {}'s data needs it; put it back", lost, run);
  }
  if (choice.data.empty() && training.data == kArraysOfAProgram) {
    fail(ErrorKind::kUsage, "{}: was learnt from arrays of a program; say --data", run);
  }
  DataSet data = choice.data.empty() ? open_same_data(training, digest, run, pool)
                                     : open_other_data(training, digest, choice, pool, warn);
  if (choice.missing == Missing::kNan) data.check_takes_nan();
  if (!data.warning().empty()) warn(data.warning());
  return data;
}

}  // namespace spvae
