#include "spvae/model/model_kinds.h"

#include <algorithm>
#include <cassert>

namespace spvae {
namespace {

template <class Member, class Value>
std::string names_where(Member member, Value value) {
  std::string names;
  for (const ModelKind& kind : model_kinds()) {
    if (kind.*member == value) names.append(names.empty() ? "" : ", ").append(kind.name);
  }
  return names;
}

}  // namespace

const ModelKind& model_kind(const ModelConfig& config) {
  const auto found = std::ranges::find_if(model_kinds(), [&config](const ModelKind& kind) {
    return kind.structure == config.structure && kind.network == config.leaf.network;
  });
  assert(found != model_kinds().end());
  return *found;
}

std::string kinds_of(Structure structure) { return names_where(&ModelKind::structure, structure); }

std::string kinds_of(Network network) { return names_where(&ModelKind::network, network); }

ModelConfig default_model_config(const ModelKind& kind) {
  ModelConfig config;
  config.structure = kind.structure;
  if (kind.structure == Structure::kSingleRegion) {
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
