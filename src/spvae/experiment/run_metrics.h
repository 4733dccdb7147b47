#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "spvae/model/config_fields.h"

namespace spvae {

/// The checks of a run so far, an object each as in metrics.jsonl; none where there is no such
/// file. A last line that a kill has cut is left out.
std::vector<Json> run_metrics(const std::filesystem::path& run);

/// What a training took, interruptions left out.
struct TrainingTime {
  double seconds = 0;            ///< wall time
  double processor_seconds = 0;  ///< of all threads
};

/// From the speed between checks; nothing where the checks do not reach up to `steps`, since lines
/// were lost.
std::optional<TrainingTime> training_time(const std::vector<Json>& metrics, std::int64_t steps);

}  // namespace spvae
