#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/data/batch.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/leaf_bank.h"

namespace spvae {

/// The memory of one pass of a tile through a network (kernels::NetworkTrace); deltas only for
/// training.
class NetworkTape {
 public:
  NetworkTape(const NetworkStack& network, bool with_deltas);
  NetworkTape(NetworkTape&&) = default;

  kernels::NetworkTrace trace() const { return {output_.data(), delta_.data()}; }
  int layers() const { return static_cast<int>(output_.size()); }
  float* last_output() const { return output_.back(); }
  float* last_delta() const { return delta_.empty() ? nullptr : delta_.back(); }

 private:
  AlignedVector<float> memory_;
  std::vector<float*> output_;
  std::vector<float*> delta_;
};

/// Rows of EncoderTape::pixels.
std::size_t pixel_rows(const LeafBank& bank, const LeafGroup& group);

/// Where a tile's encoder pass leaves its numbers: pixels, activations, posterior.
struct EncoderTape {
  EncoderTape(const LeafBank& bank, const LeafGroup& group, bool with_deltas);

  /// Copies kTile neighbouring lanes of the leaf's pixels, and of what is observed of them.
  void load(const Batch& batch, std::span<const std::int32_t> scope, int first_lane);
  /// Gathers columns of the batch; lanes beyond the columns repeat the first one.
  void gather(const Batch& batch, std::span<const std::int32_t> scope,
              std::span<const int> columns);
  kernels::EncoderTrace trace() const { return {trunk.trace(), mean.trace(), precision.trace()}; }
  kernels::Posterior posterior();

  /// Whether a lane has no observed pixel.
  bool is_empty(int lane) const;

  AlignedVector<float> pixels;    ///< x [D + 1][kTile], the last row is all ones; then its planes
  AlignedVector<float> observed;  ///< [D][kTile] as Batch::observed; empty: all
  NetworkTape trunk;
  NetworkTape mean;
  NetworkTape precision;
  AlignedVector<float> deviation;           ///< [Z][kTile]
  AlignedVector<float> half_log_precision;  ///< [kTile]
};

/// Where a tile's decoder pass leaves its numbers.
struct DecoderTape {
  DecoderTape(const LeafGroup& group, int latent, bool with_deltas);

  kernels::DecoderTrace trace();

  AlignedVector<float> noise;  ///< ε [Z][kTile]
  AlignedVector<float> code;   ///< z [Z + 1][kTile], the last row is all ones
  NetworkTape trunk;
  std::vector<NetworkTape> heads;
  // Of the heads, as the kernels take them.
  std::vector<kernels::NetworkTrace> traces;
  std::vector<float*> outputs;
  std::vector<float*> output_deltas;
};

}  // namespace spvae
