#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/model/spvae.h"

namespace spvae {

/// Where a model comes from; kept in its file.
struct ModelOrigin {
  std::string data;             ///< name of the data set
  std::string data_digest;      ///< DataSet::digest
  std::int64_t step = 0;        ///< training steps behind the parameters
  double validation_bound = 0;  ///< mean over the validation images, nats
  std::uint32_t seed = 0;
  Json training = Json::object();  ///< the run's config, of what changes its result
  /// [height · width] 1 for pixels that no training image had; empty: none, or not known of a file
  /// of an earlier build.
  std::vector<std::uint8_t> unseen = {};
  /// [leaf regions] leaves that no training image makes use of (pass/leaf_use.h); empty: not known
  /// of a file of an earlier build.
  std::vector<int> unused = {};
};

/// Writes a model file (docs/checkpoint.md) with `parameters` in the model's layout. Replaces the
/// file atomically; errors as write_file_atomically.
void save_model(const std::filesystem::path& path, const Spvae& model,
                std::span<const float> parameters, const ModelOrigin& origin);

struct StoredModel {
  Spvae model;
  ModelOrigin origin;
};

/// Reads a model file. Error(kNoInput) if it is missing; Error(kData), one sentence that names the
/// file, if it is damaged, of another format or version, its tensors are not those of its config,
/// or a value is not finite.
StoredModel load_model(const std::filesystem::path& path);

}  // namespace spvae
