#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spvae/model/model_config.h"

namespace spvae {

/// What `--model` names: a preset of structure and network.
struct ModelKind {
  std::string_view name;
  Structure structure;
  Network network;
};

/// The one table of presets.
const std::vector<ModelKind>& model_kinds();

/// Structure and network of a model, and the name of their preset; of those without one, that of
/// Poon-Domingos with the same network, or else with MLPs.
ModelKind model_kind(const ModelConfig& config);

/// Whether `--model` alone does not say the structure.
bool names_structure(const ModelConfig& config);
/// The same of the network.
bool names_network(const ModelConfig& config);

/// Names of the presets of MLPs or of convolutional networks: "conv-spvae, conv-vae".
std::string kinds_of(bool are_convolutional);

/// The paper's sizes (TP19 Table 1, MNIST): spvae H 30, Z 25; vae H 300, Z 200; conv-spvae filters
/// 4, 8 at stride 1, dense layer of 64, Z 25; conv-vae filters 32, 64 at stride 2, dense layer of
/// 64, Z 200. What a kind makes no use of is as in the other kind of its structure; every structure
/// that divides the image has the sizes of spvae and conv-spvae.
ModelConfig default_model_config(const ModelKind& kind);

}  // namespace spvae
