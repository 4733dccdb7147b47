#pragma once

#include <memory>

#include "spvae/leaves/leaf_kernel.h"

namespace spvae {

/// The weight gradient of one layer of a leaf, summed over tiles. Its rows can be summed apart,
/// with the same bits however they are divided.
class LayerGradient {
 public:
  virtual ~LayerGradient() = default;

  virtual int rows() const = 0;
  virtual void clear() = 0;
  /// Makes room for tiles 0 … tiles − 1.
  virtual void reserve(int tiles) = 0;
  /// Keeps tile number `tile`: input [features + 1][kTile], its last row all ones, and delta
  /// [features][kTile] must stay until they have been added.
  virtual void record(int tile, const float* input, const float* delta) = 0;
  /// Adds recorded tiles [first_tile, end_tile), in order, to rows [first, first + count).
  virtual void add(int first_tile, int end_tile, int first, int count) = 0;
  /// Overwrites the leaf's slice [inputs + 1, outputs] of the layer's tensor.
  virtual void store(float* slice) const = 0;
};

/// layer must outlive it.
std::unique_ptr<LayerGradient> make_layer_gradient(const PlannedLayer& layer);

}  // namespace spvae
