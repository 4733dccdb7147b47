#pragma once

#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/leaves/leaf_kernel.h"
#include "spvae/leaves/leaf_tape.h"
#include "spvae/leaves/mode_finder.h"

namespace spvae {

/// The mode of an expert's posterior Σⱼ wⱼ·p(x|z)·pⱼ(z) for the images of a tile.
class PosteriorMode {
 public:
  /// The images of the tile as EncoderTape has them, and what log p(x|z) has of x alone.
  struct Images {
    const float* pixels;
    std::span<const float> observed;  ///< [D][kTile]; empty: all
    const float* constant;            ///< [kTile]
  };
  /// log wⱼ of leaf j's lanes, at log[j · stride].
  struct LeafWeights {
    std::span<const float> log;
    std::size_t stride;
  };

  /// bank and plan must outlive it.
  PosteriorMode(const LeafBank& bank, const GroupPlan& plan);
  PosteriorMode(PosteriorMode&&) = default;

  /// What is to be sought; the arguments must outlive the search.
  void bind(int expert, std::span<const float> parameters, const PreparedParameters& prepared,
            const Images& images, const LeafWeights& weights);

  /// Modes, which the next search overwrites. From the better of two points [Z][kTile], whose
  /// errors are of the size of `scale`.
  const ModeFinder& find(std::span<const float> one, std::span<const float> other,
                         std::span<const float> scale);

 private:
  /// The value of the logarithm, and its gradient where there is one to write.
  void evaluate(std::span<const float> z, std::span<double> value, std::span<float> gradient);

  const LeafBank& bank_;
  LeafKernel kernel_;
  TransposedWeights transposed_;
  std::size_t first_decoder_layer_;
  DecoderTape tape_;
  ModeFinder finder_;
  Images images_{};
  LeafWeights weights_{};
  AlignedVector<float> zeros_;      // [kTile]
  AlignedVector<float> ones_;       // [Z][kTile]
  AlignedVector<float> never_;      // [kTile], kernels::kLogOfNever
  AlignedVector<float> log_joint_;  // [leaves][kTile]
  AlignedVector<double> shares_;    // [leaves][kTile]
  AlignedVector<float> leaf_gradient_;
  AlignedVector<float> start_;  // [Z][kTile]
};

}  // namespace spvae
