#include "spvae/experiment/run_metrics.h"

#include <cstdint>
#include <fstream>
#include <string>

#include "spvae/io/json_text.h"
#include "spvae/train/run_folder.h"

namespace spvae {

std::vector<Json> run_metrics(const std::filesystem::path& run) {
  std::vector<Json> lines;
  std::ifstream file(run / RunFolder::kMetricsFile);
  for (std::string line; std::getline(file, line);) {
    if (check_json(line).fault) break;
    lines.push_back(Json::parse(line));
  }
  return lines;
}

std::optional<TrainingTime> training_time(const std::vector<Json>& metrics, std::int64_t steps) {
  TrainingTime time;
  std::int64_t before = 0;
  for (const Json& line : metrics) {
    const auto step = line.at("step").get<std::int64_t>();
    const auto count = static_cast<double>(step - before);
    time.seconds += count / line.at("steps_per_second").get<double>();
    time.processor_seconds += count * line.value("processor_seconds_per_step", 0.0);
    before = step;
  }
  return before == steps ? std::optional(time) : std::nullopt;
}

}  // namespace spvae
