#include "spvae/run/run_folder.h"

#include <system_error>

#include "spvae/core/error.h"
#include "spvae/io/file.h"
#include "spvae/model/checkpoint.h"
#include "spvae/structure/graph_file.h"
#include "spvae/train/train_state.h"

namespace spvae {
namespace {

namespace fs = std::filesystem;

/// Saving a state costs more than a check; work that a kill can undo is bounded by this.
constexpr std::chrono::seconds kSaveInterval{10};

/// Whether there is more than what a start that failed, or was killed, leaves behind.
bool holds_anything(const fs::path& path) {
  std::error_code ignored;  // what cannot be looked at is found when it is locked
  for (const fs::directory_entry& entry : fs::directory_iterator(path, ignored)) {
    if (entry.path().filename() != RunFolder::kLockFile && !is_temporary_file(entry.path()))
      return true;
  }
  return false;
}

std::string graph_text(const ModelConfig& model) {
  return region_graph_json(*model.graph, model.channels).dump() + "\n";
}

void check_is_new(const fs::path& path) {
  if (!holds_anything(path)) return;
  fail(ErrorKind::kCannotCreate,
       "{}: the folder exists already; --resume goes on with its run, --force replaces it, or "
       "choose "
       "another --out",
       path.string());
}

/// Makes the folder if need be, and returns the path of its lock.
fs::path prepared_lock(const fs::path& path, bool is_new) try {
  if (fs::exists(path) && !fs::is_directory(path)) {
    fail(ErrorKind::kCannotCreate, "{}: cannot be a run folder: it is a file; choose another --out",
         path.string());
  }
  if (is_new && fs::exists(path)) check_is_new(path);
  fs::create_directories(path);
  return path / RunFolder::kLockFile;
} catch (const fs::filesystem_error& error) {
  fail(ErrorKind::kCannotCreate, "{}: cannot make the run folder: {}", path.string(),
       error.code().message());
}

void remove_file(const fs::path& path) {
  std::error_code error;
  fs::remove(path, error);
  if (error) {
    fail(ErrorKind::kCannotCreate, "{}: cannot remove the old run's file: {}", path.string(),
         error.message());
  }
}

/// The size of a file, 0 of one that is not there.
std::uintmax_t size_or_zero(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  if (!error) return size;
  if (error == std::errc::no_such_file_or_directory) return 0;
  fail(ErrorKind::kIo, "{}: cannot be looked at: {}", path.string(), error.message());
}

/// The path, if there is a run to resume.
const fs::path& path_of_run(const fs::path& path) {
  if (is_there(path / RunFolder::kConfigFile)) return path;
  fail(ErrorKind::kNoInput,
       "{}: there is no run to resume (no config.json); start one without --resume", path.string());
}

/// The config in a state file; Error(kData) if it is none.
RunConfig stored_config(const Json& config, const fs::path& state) try {
  return run_config(config);
} catch (const Error& error) {
  fail(ErrorKind::kData, "{}: the training state's config is not valid: {}", state.string(),
       error.what());
}

Json metrics_json(const CheckReport& report) {
  return {{"step", report.check.step},
          {"training_bound", report.check.training_bound},
          {"validation_bound", report.check.validation_bound},
          {"unused_leaves", report.check.use.unused_leaves()},
          {"sum_entropy", report.check.use.sum_entropy},
          {"best_step", report.progress.best_step},
          {"best_validation_bound", report.progress.best_bound},
          {"seconds", report.seconds},
          {"steps_per_second", report.steps_per_second},
          {"processor_seconds_per_step", report.processor_seconds_per_step}};
}

}  // namespace

FileLock lock_folder(const fs::path& path, bool is_new) {
  FileLock lock(prepared_lock(path, is_new));
  // Another trainer may have come and gone before the lock was taken.
  if (is_new) check_is_new(path);
  remove_temporary_files(path);
  return lock;
}

RunFolder::RunFolder(const fs::path& path, RunMode mode)
    : path_(path),
      is_made_(!is_there(path)),
      lock_(lock_folder(mode == RunMode::kResume ? path_of_run(path) : path,
                        mode == RunMode::kNew)) {}

RunFolder::~RunFolder() {
  std::error_code ignored;
  if (is_there(config_path()) || holds_anything(path_)) return;
  fs::remove(path_ / kLockFile, ignored);
  if (is_made_) fs::remove(path_, ignored);
}

RunConfig RunFolder::resumed_config(const Json& given) const {
  Json stored;
  try {
    stored = read_config_file(config_path().string(), field_infos(run_fields()));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    throw Error(ErrorKind::kData, error.what());
  }
  RunConfig config = spvae::resumed_config(stored, given, path_.string());
  if (!given.contains("graph") && !config.model.graph_file.empty()) {
    config.model.graph_file = graph_path().string();
  }
  return config;
}

std::string kept_data_dir(const fs::path& folder) try {
  const fs::path file = folder / RunFolder::kConfigFile;
  const RunConfig config = run_config(read_config_file(file.string(), field_infos(run_fields())));
  return is_folder(config.data_dir) ? config.data_dir : "";
} catch (const Error&) {
  return "";
}

void RunFolder::clear() {
  // The config goes first: what is left after a kill in between is no run to resume.
  for (const fs::path& old :
       {config_path(), state_path(), metrics_path(), model_path(), graph_path()}) {
    remove_file(old);
  }
}

void RunFolder::begin(const RunConfig& config, const DataOrigin& origin) {
  config_ = config;
  origin_ = origin;
  clear();
  if (config.model.structure == Structure::kFile) {
    write_file_atomically(graph_path(), graph_text(config.model));
    config_.model.graph_file = fs::absolute(graph_path()).lexically_normal().string();
  }
  write_file_atomically(config_path(), run_config_json(config_).dump(2) + "\n");
}

void RunFolder::resume(const RunConfig& config, const DataOrigin& origin, Trainer& trainer) {
  config_ = config;
  origin_ = origin;
  if (config.model.structure == Structure::kFile &&
      read_file(graph_path()) != graph_text(config.model)) {
    fail(ErrorKind::kUsage, "{}: got graph {}, but the run to resume has another; leave it out",
         path_.string(), config.model.graph_file);
  }
  if (!fs::exists(state_path())) {
    remove_file(metrics_path());
    return;
  }
  StoredState stored = load_train_state(state_path(), trainer.model().parameters().size(),
                                        !trainer.state().average.empty());
  RunConfig before = stored_config(stored.origin.config, state_path());
  // Earlier builds did not record what they left to the data.
  if (before.stretch == Stretch::kAuto) before.stretch = config.stretch;
  if (before.dequantize == Dequantize::kAuto) before.dequantize = config.dequantize;
  check_same_result(before, config, state_path().string());
  if (stored.origin.data_digest != origin.digest) {
    fail(
        ErrorKind::kData,
        "{}: the data are not those that this run was saved with (digest now {}, then {}); give it "
        "the same data",
        path_.string(), origin.digest, stored.origin.data_digest);
  }
  // Metrics that were lost or cut are no reason to refuse a whole state.
  if (size_or_zero(metrics_path()) > stored.origin.metrics_bytes) {
    truncate_file(metrics_path(), stored.origin.metrics_bytes);
  }
  trainer.restore(stored.view());
  // A kill may have come between a newer best model and its state.
  if (trainer.progress().best_step > 0) save_best(trainer);
}

bool RunFolder::has_state() const { return is_there(state_path()); }

void RunFolder::save_best(const Trainer& trainer) const {
  save_model(model_path(), trainer.model(), trainer.best_parameters(),
             {.data = origin_.name,
              .data_digest = origin_.digest,
              .step = trainer.progress().best_step,
              .validation_bound = trainer.progress().best_bound,
              .seed = config_.train.seed,
              .training = result_config_json(config_),
              .unseen = origin_.unseen,
              .unused = trainer.best_use().unused});
}

void RunFolder::record(const CheckReport& report, Trainer& trainer) {
  append_line(metrics_path(), metrics_json(report).dump());
  if (report.check.is_best) save_best(trainer);
  if (trainer.finished() || std::chrono::steady_clock::now() - state_saved_ >= kSaveInterval) {
    save_state(trainer);
  }
}

void RunFolder::save_state(Trainer& trainer) {
  save_train_state(state_path(), trainer.state(),
                   {.config = result_config_json(config_),
                    .data_digest = origin_.digest,
                    .metrics_bytes = size_or_zero(metrics_path())});
  state_saved_ = std::chrono::steady_clock::now();
}

}  // namespace spvae
