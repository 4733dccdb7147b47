#include "spvae/run/class_runs.h"

#include <algorithm>

#include "spvae/core/error.h"
#include "spvae/core/version.h"
#include "spvae/data/data_set.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/digest.h"
#include "spvae/io/file.h"
#include "spvae/model/spvae.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

bool is_plain(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
         (letter >= '0' && letter <= '9') || letter == '_' || letter == '-' || letter == '.';
}

/// Throws Json::exception for what is missing or of another type.
ClassRuns class_runs_of(const Json& json) {
  ClassRuns runs{.data = json.at("data").get<std::string>(),
                 .data_digest = json.at("data_digest").get<std::string>(),
                 .config = json.at("config")};
  for (const Json& entry : json.at("classes")) {
    runs.classes.push_back({.name = entry.at("name").get<std::string>(),
                            .folder = entry.at("folder").get<std::string>(),
                            .training_images = entry.at("training_images").get<int>(),
                            .validation_images = entry.at("validation_images").get<int>()});
  }
  return runs;
}

bool is_sound(const ClassRuns& runs) {
  return runs.classes.size() >= 2 && std::ranges::all_of(runs.classes, [](const ClassRun& run) {
           // Another folder might lead anywhere.
           return run.folder == class_folder(run.name) && run.training_images >= 1;
         });
}

[[noreturn]] void fail_damaged(const std::string& path, const std::string& what) {
  fail(ErrorKind::kData, "{}: damaged: {}; 'spvae train --per-class --force' makes it anew", path,
       what);
}

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
  const TrainConfig asked = config.train;
  fit_to_data(data, config);
  config.train = asked;  // each class has a training length of its own
  ClassRuns runs{
      .data = data.name(), .data_digest = data.digest(), .config = run_config_json(config)};
  const std::vector<std::string> names = data.labels(Split::kTrain).names;
  if (names.size() < 2) {
    fail(ErrorKind::kData, "data {}: got one class, {}, expected at least two", data.name(),
         names.front());
  }
  [[maybe_unused]] const Spvae checked(config.model);
  for (const std::string& name : names) {
    RunConfig of_class = run_config(config_of_class(runs.config, name));  // refuses what is no text
    const DataSet own = data.of_class(name);
    try {
      fit_to_data(own, of_class);
    } catch (const Error& error) {
      fail(error.kind(), "class {}: {}", name, error.what());
    }
    runs.classes.push_back(
        {.name = name,
         .folder = class_folder(name),
         .training_images = own.count(Split::kTrain),
         .validation_images = images_validated(of_class.train, own.count(Split::kValidation))});
  }
  return runs;
}

/// Removes the runs of classes from a folder: what they were trained with is given up.
void clear(const fs::path& folder) {
  if (is_there(folder / RunFolder::kConfigFile)) {
    fail(ErrorKind::kCannotCreate,
         "{}: holds a run of its own beside or instead of those of classes; choose another --out",
         folder.string());
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (!entry.path().filename().string().starts_with("class-")) continue;
    if (is_there(entry.path() / RunFolder::kConfigFile)) {
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

std::string class_folder(const std::string& name) {
  constexpr std::size_t kMost = 100;      // a file's name may have 255
  constexpr std::size_t kBeginning = 60;  // of a longer one
  std::string folder = "class-";
  for (const char letter : name) {
    folder +=
        is_plain(letter)
            ? std::string(1, letter)
            : fmt::format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(letter)));
  }
  if (folder.size() <= kMost) return folder;
  return folder.substr(0, kBeginning) + "~" + sha256(name).substr(0, 32);
}

bool holds_class_runs(const fs::path& folder) { return is_there(folder / kClassesFile); }

ClassRuns load_class_runs(const fs::path& folder) {
  if (!holds_class_runs(folder)) {
    fail(
        ErrorKind::kNoInput,
        "{}: there are no models of classes (no {}); 'spvae train --per-class --out {}' makes them",
        folder.string(), kClassesFile, folder.string());
  }
  const std::string path = (folder / kClassesFile).string();
  const Json json = read_json(path, ErrorKind::kData);
  ClassRuns runs;
  try {
    runs = class_runs_of(json);
  } catch (const Json::exception& error) {
    fail_damaged(path, error.what());
  }
  if (!is_sound(runs)) {
    fail_damaged(path, "expected two classes or more, each with its folder and training images");
  }
  return runs;
}

void save_class_runs(const fs::path& folder, const ClassRuns& runs) {
  Json json = {{"data", runs.data},
               {"data_digest", runs.data_digest},
               {"version", version()},
               {"classes", Json::array()},
               {"config", runs.config}};
  for (const ClassRun& run : runs.classes) {
    json["classes"].push_back({{"name", run.name},
                               {"folder", run.folder},
                               {"training_images", run.training_images},
                               {"validation_images", run.validation_images}});
  }
  write_file_atomically(folder / kClassesFile, json.dump(2) + "\n");
}

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
    const bool has_begun = is_there(path / RunFolder::kConfigFile);
    trained.push_back({run, run_training(path, has_begun ? RunMode::kResume : RunMode::kReplace,
                                         config_of_class(runs.config, run.name), observer, stop)});
  }
  return trained;
}

}  // namespace spvae
