#include "spvae/model/data_units.h"

#include <cmath>

#include "spvae/core/index.h"
#include "spvae/likelihood/likelihood.h"

namespace spvae {

void check_images(const ImageSet& images, const ModelConfig& config) {
  check_images(images, config.height, config.width, config.channels, config.columns);
}

ImageSet empty_images(const ModelConfig& config) {
  return {.height = config.height,
          .width = config.width,
          .channels = config.channels,
          .values = {},
          .indices = {},
          .columns = config.columns};
}

void gather_model_batch(const Spvae& model, const ImageSet& images,
                        std::span<const std::uint32_t> rows, Imputation imputation, Batch& batch,
                        ThreadPool* pool) {
  gather_batch(images, rows, batch, pool);
  const Columns& columns = model.config().columns;
  if (columns.are_scaled()) {
    const std::size_t stride = index(batch.stride);
    for (std::size_t i = 0; i < batch.values.size(); ++i) {
      batch.values[i] = columns.to_model(i / stride, batch.values[i]);
    }
  }
  impute(model.graph(), model.config().channels, imputation, batch);
}

void take_data_units(const Spvae& model, const Batch& batch, std::span<double> leaf_values) {
  const ModelConfig& config = model.config();
  if (!config.columns.are_scaled() || is_discrete(config.leaf.likelihood)) return;
  const std::size_t stride = index(batch.stride);
  for (int leaf = 0; leaf < model.circuit().leaves(); ++leaf) {
    const std::span<double> values = leaf_values.subspan(index(leaf) * stride, stride);
    for (const std::int32_t column : model.leaves().scope(leaf)) {
      const double log_deviation = std::log(config.columns.deviation[index(column)]);
      for (std::size_t lane = 0; lane < stride; ++lane) {
        const bool is_observed =
            batch.observed.empty() || batch.observed[index(column) * stride + lane] != 0.0f;
        if (is_observed) values[lane] -= log_deviation;
      }
    }
  }
}

}  // namespace spvae
