#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "spvae/run/run_folder.h"
#include "spvae/run/train_observer.h"

namespace spvae {

struct TrainingResult {
  bool was_finished = false;  ///< a finished run was resumed: nothing was done
  Progress progress;
  double seconds = 0;             ///< of this process's training
  std::string data_warning = {};  ///< DataSet::warning
};

/// Trains a model from data to run folder: what `spvae train` does. Of a run that is resumed, the
/// folder's config.json supplies what is not given. The best model so far is in the folder at any
/// time after the first check.
/// `stop` is asked before each step: if true, the state is saved and Error(kInterrupted) thrown. A
/// run that was interrupted, killed or met a full disk goes on with RunMode::kResume to the bits of
/// an uninterrupted one. Errors: as DataSet, RunFolder and Trainer.
TrainingResult run_training(const std::filesystem::path& folder, RunMode mode,
                            const RunRequest& asked, TrainObserver& observer,
                            const std::function<bool()>& stop);

/// The same, of a run that may have begun: a new one where the folder holds none, else resumed.
TrainingResult start_or_resume_training(const std::filesystem::path& folder,
                                        const RunRequest& asked, TrainObserver& observer,
                                        const std::function<bool()>& stop);

}  // namespace spvae
