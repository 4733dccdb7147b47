#include "spvae/report/training_log.h"

#include <filesystem>

#include "spvae/experiment/run_metrics.h"

namespace spvae {

std::string run_folder(const std::string& run) {
  std::error_code absent;
  const std::filesystem::path path(run);
  return std::filesystem::is_directory(path, absent) ? run : path.parent_path().string();
}

std::vector<Json> training_log(const std::string& run) {
  std::vector<Json> checks = run_metrics(run_folder(run));
  std::erase_if(checks, [](const Json& check) {
    return !check.contains("training_bound") || !check.at("training_bound").is_number();
  });
  return checks;
}

}  // namespace spvae
