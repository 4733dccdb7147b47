#include "spvae/experiment/trial_run.h"

#include <optional>

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/data/data_set.h"
#include "spvae/experiment/machine.h"
#include "spvae/experiment/run_metrics.h"
#include "spvae/experiment/scoring.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/digest.h"
#include "spvae/io/file.h"
#include "spvae/io/file_lock.h"
#include "spvae/io/json_text.h"
#include "spvae/io/npy.h"
#include "spvae/model/checkpoint.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/train/run_folder.h"
#include "spvae/train/training_run.h"

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
  return {{"config", result_config_json(run_config(trial.config))},
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

Json summary_json(const std::vector<ImageScore>& scores, int samples, double seconds) {
  const ScoreSummary summary = summarise(scores);
  return {{"images", summary.images},
          {"samples", samples},
          {"log_likelihood", summary.log_likelihood},
          {"standard_error", summary.standard_error},
          {"monte_carlo_error", summary.monte_carlo_error},
          {"effective_samples", summary.effective_samples},
          {"seconds", seconds}};
}

/// Passes all on; refuses, before the first step, images of another size than the trial's.
class SizeCheck : public TrainObserver {
 public:
  SizeCheck(const Trial& trial, TrainObserver& observer) : trial_(trial), observer_(observer) {}

  void on_start(const TrainStart& start) override {
    const ModelConfig& model = start.config.model;
    if (model.height != trial_.height || model.width != trial_.width) {
      fail(ErrorKind::kUsage, "{}: the experiment says images of {}×{} pixels, got {}×{}",
           trial_.name(), trial_.height, trial_.width, model.height, model.width);
    }
    observer_.on_start(start);
  }
  void on_loading(std::size_t done, std::size_t files) override {
    observer_.on_loading(done, files);
  }
  void on_step(std::int64_t step, double bound) override { observer_.on_step(step, bound); }
  void on_check(const CheckReport& report) override { observer_.on_check(report); }
  void on_message(const std::string& message) override { observer_.on_message(message); }

 private:
  const Trial& trial_;
  TrainObserver& observer_;
};

/// Trains what is left to train; returns how many steps there were in all.
std::int64_t train(const Trial& trial, const fs::path& run, const TrialPlace& place,
                   TrialObserver& observer, const std::function<bool()>& stop) {
  Json given = trial.config;
  if (place.threads > 0) given["threads"] = place.threads;
  if (!place.data_dir.empty()) given["data-dir"] = place.data_dir;
  SizeCheck checked(trial, observer);
  return start_or_resume_training(run, given, checked, stop).progress.step;
}

/// Scores one split of the run's best model and returns its summary.
Json score(const Trial& trial, const ScoredSplit& part, const fs::path& run,
           const TrialFolders& folders, const DataSet& data, const StoredModel& stored,
           ThreadPool& pool, TrialObserver& observer) {
  ImageSet images = data.load(part.split, pool);
  if (part.images > 0) keep_first(images, part.images);
  const RunConfig config = run_config(trial.config);
  const auto engine = make_engine(config.engine, stored.model.leaves(), pool);
  const ScoringKey key{.model_digest = digest_of_content(run / RunFolder::kModelFile).sha256,
                       .data_digest = data.digest(),
                       .split = part.name,
                       .samples = trial.evaluation.samples};
  const Scores scores = resumable_scores(
      partial_scores_path(run, part.name), key, stored.model, images, *engine, pool,
      [&](double done, int total) { return observer.on_scoring(part.name, done, total); });
  if (part.split == Split::kTest) {
    std::vector<float> values;
    values.reserve(scores.images.size());
    for (const ImageScore& image : scores.images) {
      values.push_back(static_cast<float>(image.log_likelihood));
    }
    const std::size_t shape[] = {values.size()};
    write_npy<float>(scores_path(trial, folders), shape, values);
  }
  return summary_json(scores.images, trial.evaluation.samples, scores.seconds);
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

/// A result file's content, as far as it can be used.
Json parsed_result(const fs::path& path) {
  const std::string text = read_file(path);
  if (const auto fault = check_json(text).fault) {
    fail(ErrorKind::kData, "{}: {}", path.string(), fault_text(*fault, text));
  }
  Json result = Json::parse(text);
  for (const char* key : {"config", "evaluation", "training", "test"}) {
    if (!result.is_object() || !result.contains(key) || !result.at(key).is_object()) {
      fail(ErrorKind::kData, "{}: no result of a trial: it has no object '{}'; move it away",
           path.string(), key);
    }
  }
  return result;
}

/// Error(kUsage) unless a result is of the trial's config and evaluation, by the fields that there
/// are now: one that has been added since counts with its default.
void check_settings(const Trial& trial, const Json& result, const fs::path& path) {
  Json stored = {{"config", result_config_json(run_config(result.at("config")))},
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

TrialStatus trial_status(const Trial& trial, const TrialFolders& folders) {
  std::error_code absent;
  if (fs::exists(result_path(trial, folders), absent) &&
      fs::exists(scores_path(trial, folders), absent)) {
    try {
      trial_result(trial, folders);
      return {.stage = TrialStatus::Stage::kFinished};
    } catch (const Error&) {
      return {.stage = TrialStatus::Stage::kStale};
    }
  }
  const fs::path run = run_path(trial, folders);
  TrialStatus status{.minutes_left = trial.minutes};
  const std::vector<Json> metrics = run_metrics(run);
  if (metrics.empty()) return status;
  status.stage = TrialStatus::Stage::kTraining;
  status.step = metrics.back().at("step").get<std::int64_t>();
  for (const char* split : {"test", "training"}) {
    status.scored += scored_images(partial_scores_path(run, split));
  }
  if (status.scored > 0) {
    status.stage = TrialStatus::Stage::kScoring;
    status.minutes_left = 0.5 * trial.minutes;
  }
  return status;
}

Json trial_result(const Trial& trial, const TrialFolders& folders) {
  const fs::path path = result_path(trial, folders);
  const Json result = parsed_result(path);
  check_settings(trial, result, path);
  return result;
}

std::vector<float> trial_scores(const Trial& trial, const TrialFolders& folders) {
  const fs::path path = scores_path(trial, folders);
  std::vector<float> scores = read_npy<float>(path).values;
  const Json images = trial_result(trial, folders).at("test").at("images");
  if (images != scores.size()) {
    fail(ErrorKind::kData, "{}: got {} scores, expected {}, of as many test images as the result",
         path.string(), scores.size(), images.dump());
  }
  return scores;
}

Json run_trial(const Trial& trial, const TrialFolders& folders, const TrialPlace& place,
               TrialObserver& observer, const std::function<bool()>& stop) {
  create_folders(folders.results);
  const fs::path run = run_path(trial, folders);
  const std::int64_t steps = train(trial, run, place, observer, stop);

  // As in training, one process at a time.
  const FileLock lock(run / RunFolder::kLockFile);
  const StoredModel stored = load_model(run / RunFolder::kModelFile);
  RunConfig config = run_config(trial.config);
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
  result["test"] = score(trial, {Split::kTest, "test", evaluation.test_images}, run, folders, data,
                         stored, pool, observer);
  if (evaluation.training_images > 0) {
    result["train"] = score(trial, {Split::kTrain, "training", evaluation.training_images}, run,
                            folders, data, stored, pool, observer);
  }
  result["data"] = data.name();
  Json files = Json::object();
  for (const DataFile& file : data.files()) files[file.name] = file.sha256;
  result["data_files"] = files;
  result["data_digest"] = data.digest();
  if (!data.warning().empty()) result["data_warning"] = data.warning();
  result["model_digest"] = digest_of_content(run / RunFolder::kModelFile).sha256;
  result["machine"] = machine_name();
  result["threads"] = pool.threads();
  result["version"] = version();
  write_file_atomically(result_path(trial, folders), result.dump(2) + "\n");
  return result;
}

}  // namespace spvae
