#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"

namespace spvae {

/// The checks of a run so far, an object each as in metrics.jsonl; none where there is no such
/// file. Lines that are no check are left out, and what follows one that a kill has cut. The
/// training bound and the processor's time are null where no step was made since the run was
/// resumed.
std::vector<Json> run_metrics(const std::filesystem::path& run);

/// What a training took, interruptions left out.
struct TrainingTime {
  double seconds = 0;            ///< wall time
  double processor_seconds = 0;  ///< of all threads
};

/// From the speed between checks; nothing where the checks do not reach up to `steps`, since lines
/// were lost.
std::optional<TrainingTime> training_time(const std::vector<Json>& metrics, std::int64_t steps);

/// The processor's name as the system tells it, and the kernels' target: "AMD EPYC (AVX3)".
std::string machine_name();

}  // namespace spvae
