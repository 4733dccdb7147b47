#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "spvae/core/parameter_layout.h"
#include "spvae/core/random.h"
#include "spvae/leaves/leaf_config.h"
#include "spvae/leaves/networks.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// The experts whose scopes have the same number of variables and, where their network sees it, the
/// same shape; they share stacked tensors.
struct LeafGroup {
  int variables = 0;         ///< D
  std::vector<int> experts;  ///< ascending
  LeafNetworks networks;
};

/// The leaf VAEs of a model: which variables, which networks, which parameters. Immutable.
/// Tensors are named "leaves.G.NETWORK.I": group G by ascending D, then height; NETWORK one of
/// encoder_trunk, encoder_mean, encoder_precision, decoder_trunk, decoder_HEAD (HEAD as in
/// LikelihoodInfo::heads); layer I. Of layers that all experts share G is "shared". Behind them
/// "leaves.priors" [L, 2, Z] (priors.h), where they are learned, and "leaves.likelihood", what the
/// likelihood's pixels share, if anything.
///
/// An expert is an encoder with its decoder. Expert e is that of leaves e·n … e·n + n − 1, n =
/// leaves_of_expert(), which differ in their priors alone and share the codes that are sampled.
class LeafBank {
 public:
  /// Appends the leaves' tensors to `layout`: by group, network, layer. `image`: what the graph's
  /// variables are; a network that sees shapes needs leaf regions that are rectangles. Sizes must
  /// be valid (assertion); Spvae checks the user's.
  LeafBank(const RegionGraph& graph, const Plane& image, int k_leaf, const LeafConfig& config,
           ParameterLayout& layout);

  const LeafConfig& config() const { return config_; }
  int leaves() const { return experts() * leaves_of_expert_; }  ///< L
  int experts() const { return static_cast<int>(group_of_.size()); }
  int leaves_of_expert() const { return leaves_of_expert_; }
  int expert_of(int leaf) const { return leaf / leaves_of_expert_; }
  const std::vector<LeafGroup>& groups() const { return groups_; }
  int group_of(int expert) const { return group_of_[static_cast<std::size_t>(expert)]; }
  /// Position of the expert within its group's tensors.
  int slot_of(int expert) const { return slot_of_[static_cast<std::size_t>(expert)]; }
  /// Variables of the leaf, ascending.
  std::span<const std::int32_t> scope(int leaf) const;
  /// The leaves' tensors fill [parameters_begin(), parameters_end()) of the parameter buffer.
  std::size_t parameters_begin() const { return parameters_begin_; }
  std::size_t parameters_end() const { return parameters_end_; }
  /// Of the model's parameters or their gradient, the likelihood's own (SharedParameters); empty
  /// for most.
  template <class Number>
  std::span<Number> likelihood_part(std::span<Number> buffer) const {
    return buffer.subspan(likelihood_begin_, parameters_end_ - likelihood_begin_);
  }
  /// The same of a leaf's prior, [2Z]; empty of N(0, I).
  template <class Number>
  std::span<Number> prior_part(std::span<Number> buffer, int leaf) const {
    const auto size = (likelihood_begin_ - priors_begin_) / static_cast<std::size_t>(leaves());
    return buffer.subspan(priors_begin_ + static_cast<std::size_t>(leaf) * size, size);
  }
  /// The layers' weights without their biases, of every expert, by offset.
  std::vector<WeightMatrix> weight_matrices() const;
  /// Parameters that only the estimate of the density needs, not the density.
  std::size_t encoder_parameters() const;

  /// Biases zero. Row i of an expert's tensor takes the numbers of the address {seed,
  /// Purpose::kParameters, image = i, leaf = expert (0 of what is shared), sample = position of the
  /// tensor among the bank's} in order of dimension. Dense layers, He: normal numbers n, passing
  /// over those with |n| > 2, times √(2 / inputs) / 0.87962566103423978 (the standard deviation of
  /// those kept), so that the variance is 2 / inputs. Convolutions, Glorot: (2u − 1)·√(6 /
  /// (9·(input channels + output channels))), u uniform in [0, 1). Priors: means are the normal
  /// numbers of {leaf}, scales LeafConfig::prior_scale. The likelihood's own:
  /// SharedParameters::initial.
  void initialise(std::uint32_t seed, std::span<float> parameters) const;

 private:
  void initialise_priors(RandomAddress address, std::span<float> parameters) const;

  LeafConfig config_;
  int k_leaf_;
  std::size_t parameters_begin_;
  std::size_t parameters_end_;
  std::size_t priors_begin_ = 0;
  std::size_t likelihood_begin_ = 0;  // its parameters are the last ones
  int leaves_of_expert_;
  std::vector<LeafGroup> groups_;
  std::vector<int> group_of_;
  std::vector<int> slot_of_;
  std::vector<std::vector<std::int32_t>> scopes_;  // by leaf region
};

}  // namespace spvae
