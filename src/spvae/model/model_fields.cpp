#include "spvae/model/model_fields.h"

#include "spvae/likelihood/likelihood.h"

namespace spvae {
namespace {

// Far above what a machine can train, low enough that no product of sizes overflows.
constexpr double kMaxSide = 4096;
constexpr double kMaxUnits = 65536;

FieldList<ModelConfig> all_but_size() {
  FieldList<ModelConfig> list = {
      choice_field("model", &ModelConfig::structure,
                   "spvae: Poon-Domingos structure over VAE leaves; vae: one VAE over the image",
                   {"spvae", "vae"}),
      number_field("delta", &ModelConfig::delta,
                   "step of the Poon-Domingos structure, pixels (spvae)", 1, kMaxSide),
      number_field("k-sum", &ModelConfig::k_sum, "sums of an internal region (spvae)", 1, 64),
      number_field("k-leaf", &ModelConfig::k_leaf, "leaves of a leaf region (spvae)", 1, 64),
  };
  for (auto& field : fields_of(&ModelConfig::leaf, leaf_fields())) list.push_back(field);
  return list;
}

FieldList<ModelConfig> all() {
  FieldList<ModelConfig> list = all_but_size();
  list.push_back(
      number_field("height", &ModelConfig::height, "height of an image, pixels", 1, kMaxSide));
  list.push_back(
      number_field("width", &ModelConfig::width, "width of an image, pixels", 1, kMaxSide));
  return list;
}

}  // namespace

const FieldList<LeafConfig>& leaf_fields() {
  const std::vector<std::string_view> names = likelihood_names();
  static const FieldList<LeafConfig> list = {
      number_field("hidden", &LeafConfig::hidden, "units of each hidden layer", 1, kMaxUnits),
      number_field("hidden-layers", &LeafConfig::hidden_layers,
                   "hidden layers of each network; 0 is one affine map", 0, 15),
      number_field("latent", &LeafConfig::latent, "dimensions of a leaf's latent code", 1,
                   kMaxUnits),
      choice_field("likelihood", &LeafConfig::likelihood,
                   "of a pixel given its leaf's code: gaussian (continuous pixels), binomial or "
                   "discretised logistic (8-bit pixels)",
                   {names.begin(), names.end()}),
      choice_field("mean-link", &LeafConfig::mean_link, "link of the Gaussian's mean",
                   {"sigmoid", "identity"}),
  };
  return list;
}

const FieldList<ModelConfig>& model_choice_fields() {
  static const FieldList<ModelConfig> list = all_but_size();
  return list;
}

const FieldList<ModelConfig>& model_fields() {
  static const FieldList<ModelConfig> list = all();
  return list;
}

ModelConfig default_model_config(Structure structure) {
  ModelConfig config;
  config.structure = structure;
  if (structure == Structure::kSingleRegion) {
    config.leaf.hidden = 300;
    config.leaf.latent = 200;
  }
  return config;
}

}  // namespace spvae
