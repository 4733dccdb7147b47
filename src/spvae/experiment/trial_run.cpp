#include "spvae/experiment/trial_run.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/data/data_set.h"
#include "spvae/experiment/machine.h"
#include "spvae/experiment/run_metrics.h"
#include "spvae/experiment/scoring.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/digest.h"
#include "spvae/io/file.h"
#include "spvae/io/json_text.h"
#include "spvae/io/npy.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/checkpoint.h"
#include "spvae/query/log_likelihood.h"
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

void train(const Trial& trial, const fs::path& run, const TrialPlace& place,
           TrialObserver& observer, const std::function<bool()>& stop) {
  Json given = trial.config;
  if (place.threads > 0) given["threads"] = place.threads;
  if (!place.data_dir.empty()) given["data-dir"] = place.data_dir;
  std::error_code absent;
  const bool begun = fs::exists(run / RunFolder::kConfigFile, absent);
  if (!begun) fs::create_directories(run);
  run_training(run, begun ? RunMode::kResume : RunMode::kNew, given, observer, stop);
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
                       .samples = trial.evaluation.samples};
  const auto start = std::chrono::steady_clock::now();
  const int before = scored_images(partial_scores_path(run, part.name));
  const auto scores = resumable_scores(
      partial_scores_path(run, part.name), key, stored.model, images, *engine, pool,
      [&](double done, int total) { return observer.on_scoring(part.name, done, total); });
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  if (part.split == Split::kTest) {
    std::vector<float> values;
    for (const ImageScore& image : scores) {
      values.push_back(static_cast<float>(image.log_likelihood));
    }
    const std::size_t shape[] = {values.size()};
    write_npy<float>(scores_path(trial, folders), shape, values);
  }
  // Of all images, if some were scored before an interruption.
  const double share = static_cast<double>(images.count() - before) / images.count();
  return summary_json(scores, trial.evaluation.samples,
                      share > 0 ? elapsed.count() / share : elapsed.count());
}

}  // namespace

TrialStatus trial_status(const Trial& trial, const TrialFolders& folders) {
  std::error_code absent;
  if (fs::exists(result_path(trial, folders), absent)) {
    return {.stage = TrialStatus::Stage::kFinished};
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
  const std::string text = read_file(path);
  if (const auto fault = check_json(text).fault) {
    fail(ErrorKind::kData, "{}: {}", path.string(), fault_text(*fault, text));
  }
  Json result = Json::parse(text);
  const Json settings = settings_of(trial);
  for (const auto& [key, value] : settings.items()) {
    if (result.value(key, Json()) != value) {
      fail(ErrorKind::kUsage,
           "{}: was made with another {} than the experiment's; move it away to have it made anew",
           path.string(), key);
    }
  }
  return result;
}

std::vector<float> trial_scores(const Trial& trial, const TrialFolders& folders) {
  return read_npy<float>(scores_path(trial, folders)).values;
}

Json run_trial(const Trial& trial, const TrialFolders& folders, const TrialPlace& place,
               TrialObserver& observer, const std::function<bool()>& stop) {
  const fs::path run = run_path(trial, folders);
  train(trial, run, place, observer, stop);

  const StoredModel stored = load_model(run / RunFolder::kModelFile);
  RunConfig config = run_config(trial.config);
  ThreadPool pool(place.threads);
  config.data_dir = place.data_dir;
  const DataSet data(data_config(config), &pool);
  if (data.digest() != stored.origin.data_digest) {
    fail(ErrorKind::kData, "{}: the data are not those that it was trained on", run.string());
  }

  Json result = Json::object();
  result["cell"] = trial.cell;
  result["variant"] = trial.variant;
  result.update(settings_of(trial));
  const std::vector<Json> metrics = run_metrics(run);
  const double seconds = training_seconds(metrics);
  const auto steps = metrics.back().at("step").get<std::int64_t>();
  result["training"] = {{"images", data.count(Split::kTrain)},
                        {"steps", steps},
                        {"best_step", stored.origin.step},
                        {"validation_bound", stored.origin.validation_bound},
                        {"seconds", seconds},
                        {"milliseconds_per_step", 1000 * seconds / static_cast<double>(steps)}};
  result["parameters"] = stored.model.layout().size();
  result["encoder_parameters"] = stored.model.leaves().encoder_parameters();
  fs::create_directories(folders.results);
  const TrialEvaluation& evaluation = trial.evaluation;
  result["test"] = score(trial, {Split::kTest, "test", evaluation.test_images}, run, folders, data,
                         stored, pool, observer);
  if (evaluation.training_images > 0) {
    result["train"] = score(trial, {Split::kTrain, "training", evaluation.training_images}, run,
                            folders, data, stored, pool, observer);
  }
  if (trial.paper) {
    result["paper"] = {{"log_likelihood", trial.paper->log_likelihood},
                       {"parameters_in_thousands", trial.paper->parameters}};
    result["difference"] =
        result["test"]["log_likelihood"].get<double>() - trial.paper->log_likelihood;
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
