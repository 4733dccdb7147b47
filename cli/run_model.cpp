#include "run_model.h"

#include <filesystem>

#include "spvae/core/error.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/train/run_config.h"

namespace spvae::cli {
namespace {

constexpr const char* kModelFile = "model.safetensors";  // as RunFolder names it

}  // namespace

StoredModel load_run_model(const std::string& run) {
  std::error_code error;
  const std::filesystem::path path(run);
  if (!std::filesystem::exists(path, error)) {
    fail(ErrorKind::kNoInput, "{}: no such run; 'spvae train --out {}' makes one", run, run);
  }
  if (!std::filesystem::is_directory(path, error)) return load_model(path);
  const std::filesystem::path model = path / kModelFile;
  if (!std::filesystem::exists(model, error)) {
    fail(ErrorKind::kNoInput, "{}: holds no model ({}); a run has one from its first validation on",
         run, kModelFile);
  }
  return load_model(model);
}

DataConfig data_of(const StoredModel& stored) {
  const RunConfig config = run_config(stored.origin.training);
  return {.data = config.data,
          .data_seed = config.data_seed,
          .discrete = likelihood_info(stored.model.config().leaf.likelihood).discrete};
}

}  // namespace spvae::cli
