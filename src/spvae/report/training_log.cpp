#include "spvae/report/training_log.h"

#include <algorithm>
#include <array>
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
    return !std::ranges::all_of(
        std::array{"step", "training_bound", "validation_bound", "steps_per_second"},
        [&check](const char* key) { return check.contains(key) && check.at(key).is_number(); });
  });
  return checks;
}

}  // namespace spvae
