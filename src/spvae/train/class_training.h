#pragma once

#include <filesystem>
#include <functional>
#include <vector>

#include "spvae/train/class_runs.h"
#include "spvae/train/training_run.h"

namespace spvae {

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
