#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "spvae/circuit/circuit.h"
#include "spvae/core/parameter_layout.h"
#include "spvae/leaves/leaf_bank.h"
#include "spvae/leaves/priors.h"
#include "spvae/model/model_config.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// Refused from: the parameters of a model.
inline constexpr std::size_t kMaxParameters = std::size_t{1} << 28;

/// Allowed: units of a leaf's layer. A tile of 32 rows of it is 2 GB, and counts stay in an int.
inline constexpr std::int64_t kMaxLayerUnits = std::int64_t{1} << 24;

/// A sum-product network over VAE leaves (TP19 Eq. (6)): structure and parameters. The classical
/// VAE is the same over a single region.
class Spvae {
 public:
  /// Parameters are zero until initialise() or a checkpoint sets them. A single region has one
  /// leaf, whatever k_leaf. Throws Error(kUsage) for sizes outside of the bounds of model_fields(),
  /// for more than kMaxLayerUnits units of a layer and for kMaxParameters parameters or more.
  explicit Spvae(const ModelConfig& config);

  const ModelConfig& config() const { return config_; }
  const RegionGraph& graph() const { return graph_; }
  const Circuit& circuit() const { return circuit_; }
  const LeafBank& leaves() const { return leaves_; }
  /// The leaves' tensors, then "circuit.logits" [W] (absent when W = 0).
  const ParameterLayout& layout() const { return layout_; }

  std::span<float> parameters() { return parameters_; }
  std::span<const float> parameters() const { return parameters_; }
  /// The circuit's free logits, within parameters().
  std::span<const float> logits() const;

  /// The leaf's prior p(z).
  CodeGaussian prior(int leaf) const;

  /// Leaves as LeafBank::initialise; logits from N(0, sum_scale²): dimension i of the address
  /// {seed, Purpose::kParameters, image = 0, leaf = 0, sample = number of the leaves' tensors}.
  void initialise(std::uint32_t seed);

 private:
  ModelConfig config_;
  RegionGraph graph_;
  Circuit circuit_;
  ParameterLayout layout_;
  LeafBank leaves_;
  ParameterBuffer parameters_;
};

}  // namespace spvae
