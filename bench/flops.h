#pragma once

#include "spvae/leaves/leaf_bank.h"
#include "spvae/leaves/networks.h"

namespace spvae::bench {

/// Operations of matrix products (2 a multiply-add) for one row of every leaf of a bank. Of
/// convolutions only the taps inside of the plane count. Biases and everything elementwise do not.
struct LeafFlops {
  double encode = 0;           ///< forward, for each image
  double decode = 0;           ///< forward, for each image and sample
  double encode_gradient = 0;  ///< weights' and inputs' gradients, but for the pixels'
  double decode_gradient = 0;  ///< weights' and inputs' gradients
};

/// Multiply-adds of one pass forward through a layer.
double multiply_adds(const LayerStack& layer);

LeafFlops leaf_flops(const LeafBank& bank);

}  // namespace spvae::bench
