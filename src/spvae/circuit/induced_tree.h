#pragma once

#include <functional>
#include <span>
#include <vector>

#include "spvae/circuit/circuit.h"

namespace spvae {

/// An induced tree (TP19 Section 3.1): one child per reached sum; its leaves partition the image.
struct InducedTree {
  struct Choice {
    int sum;     ///< sum node, in 0 … sum_nodes − 1
    int branch;  ///< position among what that sum weighs
  };
  std::vector<Choice> choices;  ///< of the reached sums, root first (descending)
  std::vector<int> leaves;      ///< ascending by leaf region
  double log_probability = 0;   ///< Σ log weights of the chosen edges (prior), nats
};

/// uniform() returns the next number in [0, 1).
using UniformSource = std::function<double()>;

/// A tree from the prior: each sum's child with probability w. log_weights [W].
InducedTree sample_tree(const Circuit& circuit, std::span<const double> log_weights,
                        const UniformSource& uniform);
/// A tree from the posterior of image `lane`, given the trace of a forward pass. Below a sum that
/// is impossible for the image (log value −∞), from the prior.
InducedTree sample_tree(const Circuit& circuit, const Circuit::Trace& trace, int lane,
                        const UniformSource& uniform);
/// The most probable tree of image `lane` (max-product over the whole circuit); of equals, the one
/// whose branches come first.
InducedTree best_tree(const Circuit& circuit, const Circuit::Trace& trace, int lane);

}  // namespace spvae
