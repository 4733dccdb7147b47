#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "spvae/core/parameter_layout.h"
#include "spvae/leaves/leaf_config.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// One affine layer of all leaves of a group: tensor [leaves of group, inputs + 1, outputs], whose
/// last row is the bias: output_o = Σ_i input_i · t[i][o] + t[inputs][o].
struct AffineStack {
  std::size_t offset = 0;  ///< of the tensor in the parameter buffer
  int inputs = 0;
  int outputs = 0;
  std::size_t stride() const {  ///< floats of one leaf
    return static_cast<std::size_t>(inputs + 1) * static_cast<std::size_t>(outputs);
  }
};

/// A multilayer perceptron: softplus after each layer but the last.
using MlpStack = std::vector<AffineStack>;

/// The leaves whose scopes have the same number of pixels; they share stacked tensors.
struct LeafGroup {
  int pixels = 0;                     ///< D
  std::vector<int> leaves;            ///< ascending leaf indices
  MlpStack encoder_mean;              ///< D → Z, posterior mean
  MlpStack encoder_precision;         ///< D → Z, g; posterior precision 1 + g²
  std::vector<MlpStack> decoders;     ///< Z → D, one for each head of the likelihood
};

/// The leaf VAEs of a model: which pixels, which networks, which parameters. Immutable.
/// Tensors are named "leaves.G.encoder_mean.I", "leaves.G.encoder_precision.I" and
/// "leaves.G.decoder_HEAD.I" (group G by ascending D, layer I, HEAD as in LikelihoodInfo::heads).
class LeafBank {
 public:
  /// Appends the leaves' tensors to `layout`.
  LeafBank(const RegionGraph& graph, int k_leaf, const LeafConfig& config, ParameterLayout& layout);

  const LeafConfig& config() const { return config_; }
  int leaves() const { return static_cast<int>(group_of_.size()); }  ///< L
  const std::vector<LeafGroup>& groups() const { return groups_; }
  int group_of(int leaf) const { return group_of_[static_cast<std::size_t>(leaf)]; }
  /// Position of the leaf within its group's tensors.
  int slot_of(int leaf) const { return slot_of_[static_cast<std::size_t>(leaf)]; }
  /// Pixels of the leaf, ascending.
  std::span<const std::int32_t> scope(int leaf) const;
  std::size_t encoder_parameters() const;

  /// He: truncated normal (2 sd) of effective variance 2 / inputs; biases zero. Addressed by seed,
  /// Purpose::kParameters, tensor (as `sample`), leaf and element: see leaf_bank.cpp.
  void initialise(std::uint32_t seed, std::span<float> parameters) const;

 private:
  LeafConfig config_;
  int k_leaf_;
  std::vector<LeafGroup> groups_;
  std::vector<int> group_of_;
  std::vector<int> slot_of_;
  std::vector<std::vector<std::int32_t>> scopes_;  // by leaf region
};

}  // namespace spvae
