#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/io/atomic_file.h"
#include "spvae/run/train_observer.h"
#include "spvae/train/run_config.h"
#include "spvae/train/trainer.h"

namespace spvae {

enum class RunMode {
  kNew,     ///< the folder must not exist yet, or be empty
  kResume,  ///< it must hold a run, which goes on
  kReplace  ///< a run that it holds is given up once the new one begins
};

/// What is kept of the data behind a run.
struct DataOrigin {
  std::string name;
  std::string digest;                ///< DataSet::digest
  std::vector<std::uint8_t> unseen;  ///< unseen_pixels of the training images
};

/// The files of a run, for one trainer at a time (a lock keeps others out):
///   config.json         run_config_json
///   graph.json          the region graph, where it came from a file
///   metrics.jsonl       a line for each check
///   model.safetensors   the best model so far
///   state.safetensors   all that resuming needs, the best parameters included
/// Each is replaced atomically or appended to, in an order that leaves the run resumable to the
/// same bits whenever the process is killed: metrics, model, state.
class RunFolder {
 public:
  /// Error(kCannotCreate) when mode is kNew and the folder holds anything, when another process
  /// trains in it, or when it cannot be made; Error(kNoInput) when mode is kResume and there is no
  /// run. All say what to do.
  RunFolder(const std::filesystem::path& path, RunMode mode);
  /// Leaves nothing behind of a run that did not begin.
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// The config of the run to resume. `given` may name its values again and change those that do
  /// not change a result, and where the data are; Error(kUsage) names the first other difference,
  /// Error(kData) says what is wrong with config.json.
  RunConfig resumed_config(const Json& given) const;

  /// Removes the files of the run that it holds: there is nothing to resume any more.
  void clear();

  /// Begins a run (not kResume): removes an old one's files, writes config.json. Keeps config and
  /// origin for the files to come.
  void begin(const RunConfig& config, const DataOrigin& origin);

  /// Resumes a run: brings the trainer to the saved state, or leaves it at its start if none was
  /// saved yet; cuts metrics back to it. Error(kData) when the state is damaged, or its data's
  /// digest or its config are others.
  void resume(const RunConfig& config, const DataOrigin& origin, Trainer& trainer);

  /// Records a check: metrics, a new best model, and the state if the last was saved some time ago
  /// or training is finished.
  void record(const CheckReport& report, Trainer& trainer);

  void save_state(Trainer& trainer);

  /// Names in a run's folder: of the config, the checks and the best model.
  static constexpr const char* kConfigFile = "config.json";
  static constexpr const char* kMetricsFile = "metrics.jsonl";
  static constexpr const char* kModelFile = "model.safetensors";
  static constexpr const char* kLockFile = "lock";

  /// Whether a state was saved that --resume can go on from.
  bool has_state() const;

  std::filesystem::path model_path() const { return path_ / kModelFile; }

 private:
  std::filesystem::path graph_path() const { return path_ / "graph.json"; }
  std::filesystem::path config_path() const { return path_ / kConfigFile; }
  std::filesystem::path metrics_path() const { return path_ / kMetricsFile; }
  std::filesystem::path state_path() const { return path_ / "state.safetensors"; }
  void save_best(const Trainer& trainer) const;

  std::filesystem::path path_;
  bool is_made_;  ///< the folder was not there before
  FileLock lock_;
  RunConfig config_;
  DataOrigin origin_;
  std::chrono::steady_clock::time_point state_saved_{};
};

/// Makes a run's folder, or one of several runs, if it is not there, and keeps other processes that
/// train in it out. Errors as RunFolder; if `is_new`, as of RunMode::kNew.
FileLock lock_folder(const std::filesystem::path& path, bool is_new);

/// Where the run in `folder` looked for a named set first, as its config.json keeps it: the field
/// "data-dir", an absolute path. Empty if it looked nowhere first, if the place is no folder any
/// more, and if there is no valid config.json: a model does without. Takes no lock.
std::string kept_data_dir(const std::filesystem::path& folder);

}  // namespace spvae
