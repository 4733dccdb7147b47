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
  int pixels = 0;                  ///< D
  std::vector<int> leaves;         ///< ascending leaf indices
  MlpStack encoder_mean;           ///< D → Z, posterior mean
  MlpStack encoder_precision;      ///< D → Z, g; posterior precision 1 + g²
  std::vector<MlpStack> decoders;  ///< Z → D, one for each head of the likelihood

  /// All networks, in the order of their tensors: encoders (mean, precision), decoders.
  std::vector<const MlpStack*> networks() const;
};

/// The leaf VAEs of a model: which pixels, which networks, which parameters. Immutable.
/// Tensors are named "leaves.G.encoder_mean.I", "leaves.G.encoder_precision.I" and
/// "leaves.G.decoder_HEAD.I" (group G by ascending D, layer I, HEAD as in LikelihoodInfo::heads).
class LeafBank {
 public:
  /// Appends the leaves' tensors to `layout`: by group, network, layer. Sizes must be valid
  /// (assertion); Spvae checks the user's.
  LeafBank(const RegionGraph& graph, int k_leaf, const LeafConfig& config, ParameterLayout& layout);

  const LeafConfig& config() const { return config_; }
  int leaves() const { return static_cast<int>(group_of_.size()); }  ///< L
  const std::vector<LeafGroup>& groups() const { return groups_; }
  int group_of(int leaf) const { return group_of_[static_cast<std::size_t>(leaf)]; }
  /// Position of the leaf within its group's tensors.
  int slot_of(int leaf) const { return slot_of_[static_cast<std::size_t>(leaf)]; }
  /// Pixels of the leaf, ascending.
  std::span<const std::int32_t> scope(int leaf) const;
  /// The leaves' tensors fill [parameters_begin(), parameters_end()) of the parameter buffer.
  std::size_t parameters_begin() const { return parameters_begin_; }
  std::size_t parameters_end() const { return parameters_end_; }
  /// Parameters that only the estimate of the density needs, not the density.
  std::size_t encoder_parameters() const;

  /// He: normal numbers n with |n| ≤ 2, times √(2 / inputs) / 0.87962566103423978 (their standard
  /// deviation), so that the variance is 2 / inputs; biases zero. Row i of a leaf's tensor takes
  /// the normal numbers of the address {seed, Purpose::kParameters, image = i, leaf, sample =
  /// position of the tensor among the bank's} in order of dimension, passing over those with |n|
  /// > 2.
  void initialise(std::uint32_t seed, std::span<float> parameters) const;

 private:
  LeafConfig config_;
  int k_leaf_;
  std::size_t parameters_begin_;
  std::size_t parameters_end_;
  std::vector<LeafGroup> groups_;
  std::vector<int> group_of_;
  std::vector<int> slot_of_;
  std::vector<std::vector<std::int32_t>> scopes_;  // by leaf region
};

}  // namespace spvae
