#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spvae/model/model_config.h"

namespace spvae {

/// What `--model` names: a structure over leaves of a network.
struct ModelKind {
  std::string_view name;
  Structure structure;
  Network network;
};

/// The one table of kinds: every structure with every network.
const std::vector<ModelKind>& model_kinds();

const ModelKind& model_kind(const ModelConfig& config);

/// Names of the kinds of a structure, or of a network: "spvae, conv-spvae".
std::string kinds_of(Structure structure);
std::string kinds_of(Network network);

/// The paper's sizes (TP19 Table 1, MNIST): spvae H 30, Z 25; vae H 300, Z 200; conv-spvae filters
/// 4, 8 at stride 1, dense layer of 64, Z 25; conv-vae filters 32, 64 at stride 2, dense layer of
/// 64, Z 200. What a kind makes no use of is as in the other kind of its structure.
ModelConfig default_model_config(const ModelKind& kind);

}  // namespace spvae
