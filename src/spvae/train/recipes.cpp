#include "spvae/train/recipes.h"

#include <algorithm>

namespace spvae {
namespace {

/// The density recipe, found on validation images (docs/results/density.md).
Json density_values(const RecipeCase& given) {
  Json values = {
      // Training.
      {"optimizer", "muon"},   {"matrix-rate", 0.02},
      {"learning-rate", 0.02}, {"learning-rate-decay", "cosine"},
      {"warm-up", 100},        {"circuit-rate", 3},
      {"clip-norm", 1},        {"split-every", 100},
      {"beta2", 0.97},         {"batch", 64},
      {"max-steps", 0},        {"validate-every", 0},
      {"patience", 20},
  };
  if (given.is_of_bytes) values.update({{"likelihood", "ordinal"}, {"stretch", "none"}});
  if (given.has_structure) return values;
  // One expert a super-pixel, whose leaves are priors, below element-wise products.
  values.update({{"product", "elementwise"},
                 {"k-sum", 64},
                 {"k-leaf", 64},
                 {"sum-scale", 2},
                 {"experts", 1},
                 {"priors", "learned"}});
  if (!given.is_of_vectors) values["structure"] = "quad-tree";
  if (!given.has_network) {
    values.update({{"network", "shared-mlp"}, {"hidden", 160}, {"latent", 16}});
  }
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
  constexpr int kLeast = 2000;
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
