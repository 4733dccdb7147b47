#pragma once

#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/train/train_config.h"

namespace spvae {

/// A named set of values for what a run is not told: `--recipe`. What is told always holds.
enum class Recipe {
  kPaper = 0,    ///< TP19's model and training: the defaults of all fields
  kDensity = 1,  ///< the best density for its size and time
};

/// Of all recipes, in the order of the enumeration.
std::vector<std::string> recipe_names();

/// What a recipe depends on beside its name.
struct RecipeCase {
  bool has_structure = false;  ///< one is given, by --model, --structure or --graph: it is kept
  bool has_network = false;    ///< likewise, by --model or --network
  bool has_standard_priors = false;  ///< leaves are told to differ by more than their priors
  bool is_single_region = false;     ///< the image is one leaf region
  bool is_of_vectors = false;        ///< the data are vectors
  bool is_of_bytes = true;           ///< they are images of 8 bits
  bool has_adam = false;             ///< no matrices are told to be learnt by Muon
  bool is_gaussian = false;          ///< pixels are told, or have, to be Gaussian
};

/// The values of a recipe, by the names of run_fields(). Those of the density recipe: one table.
Json recipe_values(Recipe recipe, const RecipeCase& given);

/// Gives max-steps and validate-every of 0 their values by the number of training images.
void set_training_length(int images, TrainConfig& config);

}  // namespace spvae
