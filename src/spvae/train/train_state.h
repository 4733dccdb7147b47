#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "spvae/config/config_fields.h"
#include "spvae/train/trainer.h"

namespace spvae {

/// What a state file holds beside the trainer's state.
struct StateOrigin {
  Json config;                      ///< result_config_json
  std::string data_digest;          ///< DataSet::digest
  std::uint64_t metrics_bytes = 0;  ///< length of metrics.jsonl at this state
};

/// Writes a trainer's state, exactly (docs/checkpoint.md); errors as write_safetensors.
void save_train_state(const std::filesystem::path& path, const TrainState& state,
                      const StateOrigin& origin);

/// A state file in memory.
struct StoredState {
  Progress progress;
  ParameterBuffer parameters;
  ParameterBuffer first_moment;
  ParameterBuffer second_moment;
  ParameterBuffer best_parameters;
  ParameterBuffer average;
  StateOrigin origin;

  TrainState view() {
    return {progress, parameters, first_moment, second_moment, best_parameters, average};
  }
};

/// Reads a state of `size` parameters, with their average or without. Error(kNoInput) if it is
/// missing, Error(kData) if it is damaged or of another size.
StoredState load_train_state(const std::filesystem::path& path, std::size_t size,
                             bool has_average = false);

}  // namespace spvae
