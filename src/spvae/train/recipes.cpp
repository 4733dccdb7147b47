#include "spvae/train/recipes.h"

#include <algorithm>

namespace spvae {
namespace {

/// The density recipe, found on validation images (docs/results/density.md).
Json density_values(const RecipeCase& given) {
  Json values = {
      // Training.
      {"optimizer", "muon"},
      {"matrix-rate", 0.02},
      {"weight-decay", 0.02},
      {"samples", 20},
      {"learning-rate", 0.02},
      {"learning-rate-decay", "cosine"},
      {"warm-up", 100},
      {"circuit-rate", 3},
      {"clip-norm", 1},
      {"split-every", 200},
      {"beta2", 0.97},
      {"batch", 64},
      {"thinning", 0.5},
      {"gradient-estimator", "dreg"},
      {"max-steps", 0},
      {"validate-every", 0},
      {"patience", 20},
      {"validation-samples", 50},
      {"validation-images", 2000},
  };
  if (given.is_of_bytes) {
    values.update({{"likelihood", "ordinal"}, {"stretch", "none"}});
  } else {  // a density is steeper than probabilities
    values.update({{"learning-rate", 0.01}, {"matrix-rate", 0.01}});
  }
  // Large matrices take longer to orthogonalise than a step.
  if (given.is_single_region) {
    for (const char* beside_muon : {"optimizer", "learning-rate"}) values.erase(beside_muon);
  }
  if (given.has_adam || given.is_single_region) {
    for (const char* of_muon : {"matrix-rate", "weight-decay"}) values.erase(of_muon);
  }
  if (given.has_structure) return values;
  // One expert a super-pixel, whose leaves are priors, below element-wise products.
  values.update({{"product", "elementwise"},
                 {"k-sum", 64},
                 {"k-leaf", 64},
                 {"sum-scale", 2},
                 {"priors", "learned"}});
  if (!given.has_standard_priors) values["experts"] = 1;
  if (!given.is_of_vectors) values["structure"] = "quad-tree";
  // A Gaussian's precision wants a network of its own.
  const bool has_own_networks = given.is_gaussian && !given.is_of_vectors;
  if (!given.has_network) values["network"] = has_own_networks ? "mlp" : "shared-mlp";
  values.update(given.is_of_vectors ? Json{{"hidden", 64}, {"hidden-layers", 2}, {"latent", 4}}
                : has_own_networks  ? Json{{"hidden", 48}, {"hidden-layers", 2}, {"latent", 16}}
                                    : Json{{"hidden", 160}, {"hidden-layers", 3}, {"latent", 16}});
  return values;
}

}  // namespace

std::vector<std::string> recipe_names() { return {"paper", "density"}; }

Json recipe_values(Recipe recipe, const RecipeCase& given) {
  return recipe == Recipe::kDensity ? density_values(given) : Json::object();
}

void set_training_length(int images, TrainConfig& config) {
  // Images that are seen some 25 times, few ones more often: early stopping ends that.
  constexpr int kEpochs = 25;
  constexpr int kLeast = 500;
  constexpr int kMost = 20000;
  constexpr int kChecks = 25;
  if (config.max_steps == 0) {
    const double steps = double{kEpochs} * images / config.batch;
    config.max_steps = static_cast<int>(std::clamp(steps, double{kLeast}, double{kMost}));
  }
  if (config.validate_every == 0) {
    config.validate_every = std::max(1, config.max_steps / kChecks);
  }
}

}  // namespace spvae
