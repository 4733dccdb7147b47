#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "spvae/experiment/experiment.h"
#include "spvae/run/train_observer.h"

namespace spvae {

/// Where trials keep what they make.
struct TrialFolders {
  std::filesystem::path results;  ///< STEM.json and STEM.npy of each finished trial
  std::filesystem::path runs;     ///< a run folder for each trial, and what has been scored so far
};

/// What may differ between machines without changing a result.
struct TrialPlace {
  std::string data_dir;  ///< as the field "data-dir"; empty: none
  int threads = 0;
};

/// Watches a trial, on the thread that runs it.
class TrialObserver : public TrainObserver {
 public:
  /// Scoring of a split ("test", "training"): `done` of `total` images; false stops.
  virtual bool on_scoring(const std::string& split, double done, int total) = 0;
};

/// How far a trial has come, from its files alone.
struct TrialStatus {
  enum class Stage {
    kNotBegun,
    kTraining,
    kScoring,
    kFinished,
    kStale,   ///< there is a result, but of another config or evaluation
    kDamaged  ///< there is a result that cannot be read
  } stage = Stage::kNotBegun;
  std::int64_t step = 0;  ///< of training, at its last check
  int scored = 0;         ///< images, test and training together
  /// Of `pace` × Trial::minutes; less what training took, but half of it at least until all is
  /// scored; the whole where a result must be made anew.
  double minutes_left = 0;
};
TrialStatus trial_status(const Trial& trial, const TrialFolders& folders, double pace = 1);

/// A finished trial.
struct Outcome {
  Trial trial;
  Json result;                ///< the content of STEM.json
  std::vector<float> scores;  ///< the content of STEM.npy: of the test images in order, nats
};

/// Error(kNoInput) if the trial is not finished; Error(kData) if a file is damaged or there are not
/// as many scores as the result says; Error(kUsage), with what to do, if it was made with another
/// config or evaluation.
Outcome trial_outcome(const Trial& trial, const TrialFolders& folders);

/// Trains and scores what a finished trial lacks, and writes its result; returns that. Whatever
/// interrupts it, the same call goes on, and the figures are the same to the last bit. `stop` is
/// asked before each step. Errors as run_training, DataSet and resumable_scores.
Json run_trial(const Trial& trial, const TrialFolders& folders, const TrialPlace& place,
               TrialObserver& observer, const std::function<bool()>& stop);

}  // namespace spvae
