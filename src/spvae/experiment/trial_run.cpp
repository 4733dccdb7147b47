#include "spvae/experiment/trial_run.h"

#include <algorithm>

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/data/data_set.h"
#include "spvae/experiment/run_metrics.h"
#include "spvae/experiment/scoring.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/digest.h"
#include "spvae/io/file.h"
#include "spvae/io/npy.h"
#include "spvae/model/checkpoint.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/run/run_folder.h"
#include "spvae/run/training_run.h"

namespace spvae {
namespace fs = std::filesystem;
namespace {

struct ScoredSplit {
  Split split;
  const char* name;
  int images;  ///< the first ones; 0: all
};

/// Training and evaluation of a trial, as its result records them.
Json settings_of(const Trial& trial) {
  const TrialEvaluation& evaluation = trial.evaluation;
  RunConfig config = trial.run.config;
  set_image_size(trial.height, trial.width, config.model);
  return {{"config", result_config_json(config)},
          {"evaluation",
           {{"samples", evaluation.samples},
            {"test-images", evaluation.test_images},
            {"training-images", evaluation.training_images}}}};
}

fs::path result_path(const Trial& trial, const TrialFolders& folders) {
  return folders.results / (trial.stem() + ".json");
}
fs::path scores_path(const Trial& trial, const TrialFolders& folders) {
  return folders.results / (trial.stem() + ".npy");
}
fs::path run_path(const Trial& trial, const TrialFolders& folders) {
  return folders.runs / trial.stem();
}
fs::path partial_scores_path(const fs::path& run, const std::string& split) {
  return run / ("scores-" + split + ".safetensors");
}

Json summary_json(const Scores& scores, int samples) {
  const ScoreSummary summary = summarise(scores.images);
  return {{"images", summary.images},
          {"samples", samples},
          {"log_likelihood", summary.log_likelihood},
          {"standard_error", summary.standard_error},
          {"monte_carlo_error",
           std::isnan(summary.monte_carlo_error) ? Json() : Json(summary.monte_carlo_error)},
          {"effective_samples", summary.effective_samples},
          {"seconds", scores.seconds}};
}

/// Error(kUsage), with what to do, if the trial's folder holds a run of another config.
void check_run(const Trial& trial, const fs::path& run) {
  const fs::path file = run / RunFolder::kConfigFile;
  if (!is_there(file)) return;
  try {
    resumed_config(read_config_file(file.string(), field_infos(run_fields())),
                   result_config_json(trial.run.config), run.string());
  } catch (const Error& error) {
    fail(error.kind(), "{}; to have {} trained anew, move {} away", error.what(), trial.name(),
         run.string());
  }
}

/// Passes all on; refuses, before the first step, images of another size than the trial's.
class SizeCheck : public RelayObserver {
 public:
  SizeCheck(const Trial& trial, TrainObserver& observer) : RelayObserver(observer), trial_(trial) {}

  void on_start(const TrainStart& start) override {
    const ModelConfig& model = start.config.model;
    if (model.height != trial_.height || model.width != trial_.width) {
      fail(ErrorKind::kUsage, "{}: the experiment says images of {}×{} pixels, got {}×{}",
           trial_.name(), trial_.height, trial_.width, model.height, model.width);
    }
    RelayObserver::on_start(start);
  }

 private:
  const Trial& trial_;
};

/// Trains what is left to train; returns how many steps there were in all.
std::int64_t train(const Trial& trial, const fs::path& run, const TrialPlace& place,
                   TrialObserver& observer, const std::function<bool()>& stop) {
  RunRequest asked = trial.run;
  if (place.threads > 0) asked.given["threads"] = asked.config.threads = place.threads;
  if (!place.data_dir.empty()) asked.given["data-dir"] = asked.config.data_dir = place.data_dir;
  check_run(trial, run);
  SizeCheck checked(trial, observer);
  return start_or_resume_training(run, asked, checked, stop).progress.step;
}

/// A trained run and what it is scored with.
struct TrainedRun {
  fs::path folder;
  const Spvae& model;
  std::string model_digest;
  const DataSet& data;
  LeafEngine& engine;
  ThreadPool& pool;
};

/// The first images of a split, scored by the run's best model.
Scores score(const TrainedRun& run, const ScoredSplit& part, int samples, TrialObserver& observer) {
  ImageSet images = run.data.load(part.split, run.pool);
  if (part.images > 0) keep_first(images, part.images);
  const ScoringKey key{.model_digest = run.model_digest,
                       .data_digest = run.data.digest(),
                       .split = part.name,
                       .samples = samples};
  return resumable_scores(
      partial_scores_path(run.folder, part.name), key, run.model, images, run.engine, run.pool,
      [&](double done, int total) { return observer.on_scoring(part.name, done, total); });
}

void write_scores(const fs::path& path, const std::vector<ImageScore>& scores) {
  std::vector<float> values;
  values.reserve(scores.size());
  for (const ImageScore& score : scores) {
    values.push_back(static_cast<float>(score.log_likelihood));
  }
  const std::size_t shape[] = {values.size()};
  write_npy<float>(path, shape, values);
}

Json training_json(const DataSet& data, const StoredModel& stored, const fs::path& run,
                   std::int64_t steps) {
  Json training = {{"images", data.count(Split::kTrain)},
                   {"steps", steps},
                   {"best_step", stored.origin.step},
                   {"validation_bound", stored.origin.validation_bound}};
  // Unknown where the run has lost checks.
  const std::optional<TrainingTime> time = training_time(run_metrics(run), steps);
  training["seconds"] = time ? Json(time->seconds) : Json();
  training["processor_seconds"] = time ? Json(time->processor_seconds) : Json();
  return training;
}

/// What a result must hold to be shown.
constexpr const char* kObjects[] = {"/config", "/evaluation", "/training", "/test"};
constexpr const char* kNumbers[] = {"/parameters",          "/encoder_parameters",
                                    "/training/images",     "/training/steps",
                                    "/training/best_step",  "/test/images",
                                    "/test/samples",        "/test/log_likelihood",
                                    "/test/standard_error", "/test/effective_samples",
                                    "/test/seconds",        "/config/seed",
                                    "/config/data-seed"};
constexpr const char* kTexts[] = {"/data_digest", "/model_digest", "/machine", "/version"};
/// Of the training images, if it holds those.
constexpr const char* kTrainNumbers[] = {"/train/log_likelihood", "/train/standard_error"};

/// Unknown where the run has lost checks; results of early versions have no processor_seconds.
constexpr const char* kTimes[] = {"/training/seconds", "/training/processor_seconds"};

/// A result file's content. Error(kData) unless it can be used.
Json parsed_result(const fs::path& path) {
  Json result = read_json(path.string(), ErrorKind::kData);
  const auto check = [&](const char* place, const char* type, auto is_type) {
    const Json::json_pointer pointer(place);
    if (result.is_object() && result.contains(pointer) && is_type(result.at(pointer))) return;
    fail(ErrorKind::kData, "{}: no result of a trial: it has no {} {}; move it away", path.string(),
         type, place + 1);
  };
  for (const char* place : kObjects) {
    check(place, "object", [](const Json& value) { return value.is_object(); });
  }
  const auto is_number = [](const Json& value) { return value.is_number(); };
  for (const char* place : kNumbers) check(place, "number", is_number);
  for (const char* place : kTexts) {
    check(place, "text", [](const Json& value) { return value.is_string(); });
  }
  if (result.contains("train")) {
    for (const char* place : kTrainNumbers) check(place, "number", is_number);
  }
  const auto is_number_or_unknown = [](const Json& value) {
    return value.is_number() || value.is_null();
  };
  // Unknown where an image is unreliable.
  check("/test/monte_carlo_error", "number", is_number_or_unknown);
  for (const char* place : kTimes) {
    if (result.contains(Json::json_pointer(place))) check(place, "number", is_number_or_unknown);
  }
  if (result.contains("data_warning")) {
    check("/data_warning", "text", [](const Json& value) { return value.is_string(); });
  }
  return result;
}

/// Error(kData) if it is none that a run could have.
Json stored_config(const Json& result, const fs::path& path) try {
  return result_config_json(run_config(result.at("config")));
} catch (const Error& error) {
  fail(ErrorKind::kData, "{}: its config is damaged: {}; move it away", path.string(),
       error.what());
}

/// Error(kUsage) unless a result is of the trial's config and evaluation, by the fields that there
/// are now: one that has been added since counts with its default.
void check_settings(const Trial& trial, const Json& result, const fs::path& path) {
  const Json stored = {{"config", stored_config(result, path)},
                       {"evaluation", result.at("evaluation")}};
  const Json expected = settings_of(trial);
  for (const auto& [key, value] : expected.items()) {
    if (stored.at(key) == value) continue;
    fail(ErrorKind::kUsage,
         "{}: was made with another {} than the experiment's; to have it made anew, move it away, "
         "and if its training differs the run's folder too",
         path.string(), key);
  }
}

}  // namespace

TrialStatus trial_status(const Trial& trial, const TrialFolders& folders, double pace) {
  const double minutes = pace * trial.minutes;
  if (is_there(result_path(trial, folders)) && is_there(scores_path(trial, folders))) {
    try {
      trial_outcome(trial, folders);
      return {.stage = TrialStatus::Stage::kFinished};
    } catch (const Error& error) {
      return {.stage = error.kind() == ErrorKind::kUsage ? TrialStatus::Stage::kStale
                                                         : TrialStatus::Stage::kDamaged,
              .minutes_left = minutes};
    }
  }
  const fs::path run = run_path(trial, folders);
  TrialStatus status{.minutes_left = minutes};
  const std::vector<Json> metrics = run_metrics(run);
  if (metrics.empty()) return status;
  status.stage = TrialStatus::Stage::kTraining;
  status.step = metrics.back().at("step").get<std::int64_t>();
  const double half = 0.5 * minutes;  // the other one is for scoring
  for (const char* split : {"test", "training"}) {
    status.scored += scored_images(partial_scores_path(run, split));
  }
  if (status.scored > 0) {
    status.stage = TrialStatus::Stage::kScoring;
    status.minutes_left = half;
  } else if (const auto time = training_time(metrics, status.step)) {
    status.minutes_left = std::max(half, minutes - time->seconds / 60);
  }
  return status;
}

Outcome trial_outcome(const Trial& trial, const TrialFolders& folders) {
  const fs::path path = result_path(trial, folders);
  Json result = parsed_result(path);
  check_settings(trial, result, path);
  const fs::path scores_file = scores_path(trial, folders);
  std::vector<float> scores = read_npy<float>(scores_file).values;
  if (const Json& images = result.at("test").at("images"); images != scores.size()) {
    fail(ErrorKind::kData, "{}: got {} scores, expected {}, of as many test images as the result",
         scores_file.string(), scores.size(), images.dump());
  }
  return {trial, std::move(result), std::move(scores)};
}

Json run_trial(const Trial& trial, const TrialFolders& folders, const TrialPlace& place,
               TrialObserver& observer, const std::function<bool()>& stop) {
  create_folders(folders.results);
  const fs::path run = run_path(trial, folders);
  const std::int64_t steps = train(trial, run, place, observer, stop);

  // As in training, one process at a time.
  const FileLock lock(run / RunFolder::kLockFile);
  const fs::path model_file = run / RunFolder::kModelFile;
  const StoredModel stored = load_model(model_file);
  RunConfig config = trial.run.config;
  config.data_dir = place.data_dir.empty() ? kept_data_dir(run) : place.data_dir;
  ThreadPool pool(place.threads);
  const DataSet data(data_config(config), &pool);
  if (data.digest() != stored.origin.data_digest) {
    fail(ErrorKind::kData, "{}: the data are not those that it was trained on", run.string());
  }

  const TrialEvaluation& evaluation = trial.evaluation;
  Json result = {{"cell", trial.cell}, {"variant", trial.variant}};
  result.update(settings_of(trial));
  result["training"] = training_json(data, stored, run, steps);
  result["parameters"] = stored.model.layout().size();
  result["encoder_parameters"] = stored.model.leaves().encoder_parameters();
  const auto engine = make_engine(config.engine, stored.model.leaves(), pool);
  const TrainedRun trained{run,  stored.model, digest_of_content(model_file).sha256,
                           data, *engine,      pool};
  const int samples = evaluation.samples;
  const Scores test =
      score(trained, {Split::kTest, "test", evaluation.test_images}, samples, observer);
  write_scores(scores_path(trial, folders), test.images);
  result["test"] = summary_json(test, samples);
  if (evaluation.training_images > 0) {
    const Scores training =
        score(trained, {Split::kTrain, "training", evaluation.training_images}, samples, observer);
    result["train"] = summary_json(training, samples);
  }
  result["data"] = data.name();
  Json files = Json::object();
  for (const DataFile& file : data.files()) files[file.name] = file.sha256;
  result["data_files"] = files;
  result["data_digest"] = data.digest();
  if (!data.warning().empty()) result["data_warning"] = data.warning();
  result["model_digest"] = trained.model_digest;
  result["machine"] = machine_name();
  result["threads"] = pool.threads();
  result["version"] = version();
  write_file_atomically(result_path(trial, folders), result.dump(2) + "\n");
  return result;
}

}  // namespace spvae
