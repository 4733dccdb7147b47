#include "spvae/model/spvae.h"

#include <algorithm>

#include "spvae/core/error.h"
#include "spvae/core/random.h"
#include "spvae/model/model_fields.h"
#include "spvae/structure/poon_domingos.h"
#include "spvae/structure/single_region.h"

namespace spvae {

namespace {

const char* const kLogits = "circuit.logits";

// Setting a field checks it against its bounds.
ModelConfig checked(ModelConfig config) {
  for (const auto& field : model_fields()) field.set(config, field.get(config));
  return config;
}

RegionGraph make_graph(const ModelConfig& config) {
  if (config.structure == Structure::kSingleRegion) {
    return single_region(config.height, config.width, config.channels);
  }
  const int longer_side = std::max(config.height, config.width);
  if (config.delta >= longer_side && config.k_leaf > 1) {
    fail(ErrorKind::kUsage,
         "delta {} leaves a single region of {}×{} pixels, and no sum over k-leaf {}; choose a "
         "delta "
         "below {}, k-leaf 1, or the model vae",
         config.delta, config.height, config.width, config.k_leaf, longer_side);
  }
  return poon_domingos(config.height, config.width, config.delta, config.channels);
}

Plane largest_leaf(const ModelConfig& config) {
  if (config.structure == Structure::kSingleRegion) {
    return {config.height, config.width, config.channels};
  }
  return {std::min(config.delta, config.height), std::min(config.delta, config.width),
          config.channels};
}

// Before any layer is made, whose sizes are ints.
const LeafConfig& checked_leaf(const ModelConfig& config) {
  const Plane leaf = largest_leaf(config);
  const std::int64_t units = largest_layer(config.leaf, leaf);
  if (units > kMaxLayerUnits) {
    fail(ErrorKind::kUsage,
         "model: a layer of {} units over {}×{} pixels, expected at most {}; choose fewer filters, "
         "a larger stride, or smaller images",
         units, leaf.height, leaf.width, kMaxLayerUnits);
  }
  return config.leaf;
}

int leaves_of_region(const ModelConfig& config) {
  return config.structure == Structure::kSingleRegion ? 1 : config.k_leaf;
}

}  // namespace

Spvae::Spvae(const ModelConfig& config)
    : config_(checked(config)),
      graph_(make_graph(config_)),
      circuit_(graph_, config_.k_sum, leaves_of_region(config_), config_.product),
      leaves_(graph_, {config_.height, config_.width, config_.channels}, leaves_of_region(config_),
              checked_leaf(config_), layout_) {
  if (circuit_.sum_weights() > 0) layout_.add(kLogits, {circuit_.sum_weights()});
  if (layout_.size() >= kMaxParameters) {
    fail(ErrorKind::kUsage,
         "model: {} parameters, expected fewer than {}; choose smaller networks (hidden and "
         "hidden-layers, or filters and dense), a smaller latent or k-leaf, or smaller images",
         layout_.size(), kMaxParameters);
  }
  parameters_.resize(layout_.size());
}

std::span<const float> Spvae::logits() const {
  return parameters().subspan(leaves_.parameters_end(), circuit_.sum_weights());
}

void Spvae::initialise(std::uint32_t seed) {
  leaves_.initialise(seed, parameters_);
  if (circuit_.sum_weights() == 0) return;
  const Tensor& logits = layout_.find(kLogits);
  const auto leaf_tensors = static_cast<std::uint32_t>(layout_.tensors().size() - 1);
  const RandomAddress address{
      .seed = seed, .purpose = Purpose::kParameters, .sample = leaf_tensors};
  for (std::size_t i = 0; i < logits.size; ++i) {
    parameters_[logits.offset + i] = static_cast<float>(
        config_.sum_scale * random_normal(address, static_cast<std::uint32_t>(i)));
  }
}

}  // namespace spvae
