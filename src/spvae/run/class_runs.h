#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/run/training_run.h"

namespace spvae {

/// The run of one class.
struct ClassRun {
  std::string name;    ///< of the class
  std::string folder;  ///< class_folder(name)
  int training_images = 0;
  int validation_images = 0;

  friend bool operator==(const ClassRun&, const ClassRun&) = default;
};

/// The content of classes.json, which stands in a folder beside the runs of a data set's classes:
/// one generative model for each class, all trained alike.
struct ClassRuns {
  std::vector<ClassRun> classes = {};  ///< in the order of Labels::names
  std::string data;                    ///< DataSet::name
  std::string data_digest;             ///< DataSet::digest, of all classes
  Json config;                         ///< run_config_json, without a class
};

inline constexpr const char* kClassesFile = "classes.json";

/// "class-" and the class's name, fit for a file name: bytes other than letters, digits, '_', '-'
/// and '.' as %XX; of a long one the beginning, '~' and a digest. Different for different names.
std::string class_folder(const std::string& name);

/// Whether a folder has a file classes.json.
bool holds_class_runs(const std::filesystem::path& folder);

/// Reads it. Error(kNoInput) if there is none; Error(kData) if it is damaged.
ClassRuns load_class_runs(const std::filesystem::path& folder);

/// Replaces it. Errors as write_file_atomically.
void save_class_runs(const std::filesystem::path& folder, const ClassRuns& runs);

/// Told before each class's training begins or goes on: number `number` of `count`, from 1.
using ClassObserver = std::function<void(const ClassRun& run, int number, int count)>;

struct ClassTraining {
  ClassRun run;
  TrainingResult result;
};

/// Trains a model for each class of a data set's images, one after the other, in run folders of
/// their own in `folder`, beside classes.json: what `spvae train --per-class` does. `asked` is as
/// for run_training, without "class"; all runs have the same config but for that.
/// What was interrupted goes on with kResume, and with kNew and the same config as well: finished
/// classes are kept. kReplace gives up the runs of classes that the folder holds. Errors as
/// run_training, DataSet::labels and DataSet::of_class; Error(kData) for fewer than two classes;
/// Error(kNoInput) with kResume if there is nothing to resume; Error(kCannotCreate) if the folder
/// holds another run.
std::vector<ClassTraining> train_classes(const std::filesystem::path& folder, RunMode mode,
                                         const RunRequest& asked, TrainObserver& observer,
                                         const ClassObserver& on_class,
                                         const std::function<bool()>& stop);

}  // namespace spvae
