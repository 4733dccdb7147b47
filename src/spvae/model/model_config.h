#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "spvae/circuit/product.h"
#include "spvae/data/colour.h"
#include "spvae/data/columns.h"
#include "spvae/leaves/leaf_config.h"
#include "spvae/structure/structures.h"

namespace spvae {

/// Everything that determines a model's shape. Part of config.json and of the model file.
struct ModelConfig {
  Structure structure = Structure::kPoonDomingos;
  int height = 28;
  int width = 28;
  int channels = 1;  ///< 1: gray; 3: red, green, blue, in the same leaves
  ColourSpace colour_space = ColourSpace::kRgb;  ///< of three channels of 8-bit values
  Columns columns = {};                          ///< of vectors, which are 1 × V without a plane
  int delta = 7;                                 ///< Δ, side of a super-pixel, pixels
  int leaf_variables = 64;                       ///< most of a leaf region of a random graph
  int repetitions = 4;                           ///< of a random graph
  std::uint32_t structure_seed = 0;              ///< of a random graph
  std::string graph_file = {};  ///< where `graph` comes from, of the structure kFile
  /// Which there is, rather than made: of kFile, and of a stored model that names its structure.
  std::shared_ptr<const RegionGraph> graph = {};
  int k_sum = 2;   ///< sums of an internal region
  int k_leaf = 2;  ///< leaves of a leaf region
  Product product = Product::kCross;
  double sum_scale = 1;  ///< standard deviation of the initial sum logits
  LeafConfig leaf;
};

}  // namespace spvae
