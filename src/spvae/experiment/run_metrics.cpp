#include "spvae/experiment/run_metrics.h"

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include "spvae/io/json_text.h"
#include "spvae/train/run_folder.h"

namespace spvae {
namespace {

bool is_number(const Json& line, const char* key) {
  return line.is_object() && line.contains(key) && line.at(key).is_number();
}

}  // namespace

std::vector<Json> run_metrics(const std::filesystem::path& run) {
  std::vector<Json> lines;
  std::ifstream file(run / RunFolder::kMetricsFile);
  for (std::string line; std::getline(file, line);) {
    if (check_json(line).fault) break;
    Json metrics = Json::parse(line);
    if (!is_number(metrics, "step") || !is_number(metrics, "steps_per_second")) continue;
    lines.push_back(std::move(metrics));
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
