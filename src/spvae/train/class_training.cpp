#include "spvae/train/class_training.h"

#include "spvae/core/error.h"
#include "spvae/data/data_set.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

Json config_of_class(const Json& config, const std::string& name) {
  Json of_class = config;
  of_class["class"] = name;
  return of_class;
}

/// What classes.json is to say of new runs, and their config with what follows from the data.
ClassRuns planned_runs(RunConfig config, TrainObserver& observer) {
  anchor_data(config);
  ThreadPool pool(config.threads);
  const DataSet data(data_config(config), &pool, [&observer](std::size_t done, std::size_t files) {
    observer.on_loading(done, files);
  });
  fit_to_data(data, config);
  ClassRuns runs{.classes = {},
                 .data = data.name(),
                 .data_digest = data.digest(),
                 .config = run_config_json(config)};
  const std::vector<std::string> names = data.labels(Split::kTrain).names;
  if (names.size() < 2) {
    fail(ErrorKind::kData, "data {}: got one class, {}, expected at least two", data.name(),
         names.front());
  }
  for (const std::string& name : names) {
    run_config(config_of_class(runs.config, name));  // refuses a name that is no text
    const DataSet own = data.of_class(name);
    runs.classes.push_back({.name = name,
                            .folder = class_folder(name),
                            .training_images = own.count(Split::kTrain),
                            .validation_images = own.count(Split::kValidation)});
  }
  return runs;
}

/// Removes the runs of classes from a folder: what they were trained with is given up.
void clear(const fs::path& folder) {
  std::error_code error;
  if (fs::exists(folder / RunFolder::kConfigFile, error)) {
    fail(ErrorKind::kCannotCreate,
         "{}: holds a run of its own beside or instead of those of classes; choose another --out",
         folder.string());
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("class-")) continue;
    if (fs::exists(entry.path() / RunFolder::kConfigFile, error)) {
      RunFolder(entry.path(), RunMode::kReplace).clear();
    }
  }
}

/// Error(kData) unless runs that go on are of the data and labels that they began with;
/// Error(kUsage) for another config.
void check_same_runs(const ClassRuns& begun, const ClassRuns& planned, const std::string& where) {
  const RunConfig config = resumed_config(begun.config, Json::object(), where);
  check_same_result(config, run_config(planned.config), where);
  if (begun.data_digest != planned.data_digest || begun.classes != planned.classes) {
    fail(ErrorKind::kData,
         "{}: the data or their labels are not those that these models were begun with; give the "
         "same, or choose another --out",
         where);
  }
}

}  // namespace

std::vector<ClassTraining> train_classes(const fs::path& folder, RunMode mode,
                                         const RunRequest& asked, TrainObserver& observer,
                                         const ClassObserver& on_class,
                                         const std::function<bool()>& stop) {
  const bool is_resumed = mode == RunMode::kResume;
  const bool goes_on = is_resumed || (mode == RunMode::kNew && holds_class_runs(folder));
  ClassRuns runs;
  if (goes_on) runs = load_class_runs(folder);
  const ClassRuns planned = planned_runs(
      is_resumed ? resumed_config(runs.config, asked.given, folder.string()) : asked.config,
      observer);
  if (goes_on) check_same_runs(runs, planned, folder.string());
  runs = planned;
  const FileLock lock = lock_folder(folder, mode == RunMode::kNew && !goes_on);
  if (mode == RunMode::kReplace) clear(folder);
  if (!goes_on) save_class_runs(folder, runs);

  std::vector<ClassTraining> trained;
  const auto count = static_cast<int>(runs.classes.size());
  for (const ClassRun& run : runs.classes) {
    on_class(run, static_cast<int>(trained.size()) + 1, count);
    const fs::path path = folder / run.folder;
    std::error_code absent;
    const bool has_begun = fs::exists(path / RunFolder::kConfigFile, absent);
    trained.push_back({run, run_training(path, has_begun ? RunMode::kResume : RunMode::kReplace,
                                         config_of_class(runs.config, run.name), observer, stop)});
  }
  return trained;
}

}  // namespace spvae
