#include "spvae/report/sections.h"

#include <numeric>

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

Evidence evidence_of_first(const ReportSource& source, int count, const ReportOptions& options) {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(count));
  std::iota(rows.begin(), rows.end(), 0U);
  Evidence evidence;
  gather_evidence(source.stored.model, source.images, rows, options.sampling, source.engine,
                  source.pool, {}, evidence);
  return evidence;
}

}  // namespace spvae
