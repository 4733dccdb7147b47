#include "spvae/model/model_kinds.h"

#include <algorithm>

namespace spvae {
namespace {

const ModelKind& preset(Structure structure, Network network) {
  const auto is_it = [=](const ModelKind& kind) {
    return kind.structure == structure && kind.network == network;
  };
  const auto found = std::ranges::find_if(model_kinds(), is_it);
  return found == model_kinds().end() ? preset(Structure::kPoonDomingos, network) : *found;
}

}  // namespace

ModelKind model_kind(const ModelConfig& config) {
  const Network network = config.leaf.network;
  return {preset(config.structure, network).name, config.structure, network};
}

bool names_structure(const ModelConfig& config) {
  return preset(config.structure, config.leaf.network).structure != config.structure;
}

std::string kinds_of(Network network) {
  std::string names;
  for (const ModelKind& kind : model_kinds()) {
    if (kind.network == network) names.append(names.empty() ? "" : ", ").append(kind.name);
  }
  return names;
}

ModelConfig default_model_config(const ModelKind& kind) {
  ModelConfig config;
  config.structure = kind.structure;
  if (!structure_info(kind.structure).divides) {
    config.leaf.hidden = 300;
    config.leaf.latent = 200;
    config.leaf.filters = {32, 64};
    config.leaf.stride = 2;
  }
  config.leaf.network = kind.network;
  return config;
}

const std::vector<ModelKind>& model_kinds() {
  static const std::vector<ModelKind> table = {
      {"spvae", Structure::kPoonDomingos, Network::kMlp},
      {"vae", Structure::kSingleRegion, Network::kMlp},
      {"conv-spvae", Structure::kPoonDomingos, Network::kConv},
      {"conv-vae", Structure::kSingleRegion, Network::kConv},
  };
  return table;
}

}  // namespace spvae
