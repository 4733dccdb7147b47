#pragma once

#include "spvae/config/config_fields.h"
#include "spvae/model/model_config.h"

namespace spvae {

/// "hidden", "hidden-layers", "filters", "stride", "dense", "latent", "likelihood", "mean-link",
/// "max-precision".
const FieldList<LeafConfig>& leaf_fields();

/// "model" (names of model_kinds()), "structure", "graph", "delta", those of random structures,
/// "k-sum", "k-leaf" and the leaves' fields: what a user chooses.
const FieldList<ModelConfig>& model_choice_fields();

/// model_choice_fields but for "graph", whose content is kept apart, and "height", "width", which
/// the data determine: what the model file keeps.
const FieldList<ModelConfig>& model_fields();

}  // namespace spvae
