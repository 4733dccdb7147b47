#pragma once

#include "spvae/circuit/product.h"
#include "spvae/leaves/leaf_config.h"

namespace spvae {

enum class Structure { kPoonDomingos = 0, kSingleRegion = 1 };

/// Everything that determines a model's shape. Part of config.json and of the model file.
struct ModelConfig {
  Structure structure = Structure::kPoonDomingos;
  int height = 28;
  int width = 28;
  int channels = 1;  ///< 1: gray; 3: red, green, blue, in the same leaves
  int delta = 7;     ///< step Δ of the Poon-Domingos structure, pixels
  int k_sum = 2;     ///< sums of an internal region
  int k_leaf = 2;    ///< leaves of a leaf region
  Product product = Product::kCross;
  double sum_scale = 1;  ///< standard deviation of the initial sum logits
  LeafConfig leaf;
};

}  // namespace spvae
