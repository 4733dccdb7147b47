#include "spvae/model/model_kinds.h"

#include <algorithm>

#include "spvae/leaves/networks.h"

namespace spvae {
namespace {

const ModelKind& preset(Structure structure, Network network) {
  const auto is_it = [=](const ModelKind& kind) {
    return kind.structure == structure && kind.network == network;
  };
  const auto found = std::ranges::find_if(model_kinds(), is_it);
  if (found != model_kinds().end()) return *found;
  if (structure != Structure::kPoonDomingos) return preset(Structure::kPoonDomingos, network);
  return preset(structure, Network::kMlp);
}

}  // namespace

ModelKind model_kind(const ModelConfig& config) {
  const Network network = config.leaf.network;
  return {preset(config.structure, network).name, config.structure, network};
}

bool names_structure(const ModelConfig& config) {
  return preset(config.structure, config.leaf.network).structure != config.structure;
}

bool names_network(const ModelConfig& config) {
  return preset(config.structure, config.leaf.network).network != config.leaf.network;
}

std::string kinds_of(bool are_convolutional) {
  std::string names;
  for (const ModelKind& kind : model_kinds()) {
    if (is_convolutional(kind.network) == are_convolutional) {
      names.append(names.empty() ? "" : ", ").append(kind.name);
    }
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
