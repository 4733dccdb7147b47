#include "spvae/experiment/run_metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <utility>

#include "spvae/kernels/kernels.h"
#include "spvae/run/run_folder.h"

namespace spvae {
namespace {

constexpr const char* kProcessorSeconds = "processor_seconds_per_step";

bool has_number(const Json& line, const char* key) {
  return line.contains(key) && line.at(key).is_number();
}

bool is_check(const Json& line) {
  return line.is_object() && has_number(line, "step") && has_number(line, "validation_bound") &&
         has_number(line, "steps_per_second");
}

}  // namespace

std::vector<Json> run_metrics(const std::filesystem::path& run) {
  std::vector<Json> lines;
  const std::filesystem::path path = run / RunFolder::kMetricsFile;
  std::error_code absent;
  if (!std::filesystem::is_regular_file(path, absent)) return lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    ParsedJson metrics = parse_json(line);
    if (metrics.fault) break;
    if (is_check(metrics.value)) lines.push_back(std::move(metrics.value));
  }
  return lines;
}

std::optional<TrainingTime> training_time(const std::vector<Json>& metrics, std::int64_t steps) {
  TrainingTime time;
  TrainingTime of_a_step;
  std::int64_t before = 0;
  for (const Json& line : metrics) {
    // A check that was due when the run was stopped is made without a step before it: its pace is
    // that of the check before.
    if (const auto rate = line.at("steps_per_second").get<double>(); rate > 0) {
      of_a_step.seconds = 1 / rate;
    }
    if (has_number(line, kProcessorSeconds)) {
      of_a_step.processor_seconds = line.at(kProcessorSeconds).get<double>();
    }
    const auto step = line.at("step").get<std::int64_t>();
    const auto count = static_cast<double>(step - before);
    time.seconds += count * of_a_step.seconds;
    time.processor_seconds += count * of_a_step.processor_seconds;
    before = step;
  }
  return before == steps ? std::optional(time) : std::nullopt;
}

std::string machine_name() {
  std::string name = "unknown processor";
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) {
      name = line.substr(std::min(line.find(':') + 2, line.size()));
      break;
    }
  }
  return fmt::format("{} ({})", name, kernels::table().target);
}

}  // namespace spvae
