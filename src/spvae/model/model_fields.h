#pragma once

#include "spvae/model/config_fields.h"
#include "spvae/model/model_config.h"

namespace spvae {

/// "hidden", "hidden-layers", "latent", "likelihood", "mean-link".
const FieldList<LeafConfig>& leaf_fields();

/// "model" (spvae|vae), "delta", "k-sum", "k-leaf" and the leaves' fields: what a user chooses.
const FieldList<ModelConfig>& model_choice_fields();

/// model_choice_fields and "height", "width", which the data determine: what the model file keeps.
const FieldList<ModelConfig>& model_fields();

/// The paper's sizes: SPVAE H 30, Z 25; VAE H 300, Z 200 (TP19 Table 1, MNIST).
ModelConfig default_model_config(Structure structure);

}  // namespace spvae
