#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/data/batch.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/leaf_bank.h"

namespace spvae {

/// A leaf as the kernels see it: pointers into `parameters`.
kernels::Leaf kernel_leaf(const LeafBank& bank, int leaf, std::span<const float> parameters);

/// The memory of one pass of a tile through an MLP (kernels::MlpTrace); deltas only for training.
class MlpTape {
 public:
  MlpTape(const NetworkStack& mlp, bool with_deltas);
  MlpTape(MlpTape&&) = default;

  const kernels::MlpTrace& trace() const { return trace_; }
  float* last_output() const { return trace_.output[layers_ - 1]; }

 private:
  int layers_;
  AlignedVector<float> memory_;
  kernels::MlpTrace trace_{};
};

/// Where a tile's encoder pass leaves its numbers: pixels, activations, posterior.
struct EncoderTape {
  EncoderTape(const LeafGroup& group, int latent, bool with_deltas);

  /// Copies kTile neighbouring lanes of the leaf's pixels.
  void load(const Batch& batch, std::span<const std::int32_t> scope, int first_lane);
  /// Gathers columns of the batch; lanes beyond the columns repeat the first one.
  void gather(const Batch& batch, std::span<const std::int32_t> scope,
              std::span<const int> columns);
  kernels::Posterior posterior();

  AlignedVector<float> pixels;  ///< x [D + 1][kTile], the last row is all ones
  MlpTape mlps[2];              ///< mean, precision
  kernels::MlpTrace traces[2];
  AlignedVector<float> deviation;           ///< [Z][kTile]
  AlignedVector<float> half_log_precision;  ///< [kTile]
};

/// Where a tile's decoder pass leaves its numbers.
struct DecoderTape {
  DecoderTape(const LeafGroup& group, int latent, bool with_deltas);

  kernels::DecoderTrace trace();

  AlignedVector<float> noise;  ///< ε [Z][kTile]
  AlignedVector<float> code;   ///< z [Z + 1][kTile], the last row is all ones
  std::vector<MlpTape> heads;
};

}  // namespace spvae
