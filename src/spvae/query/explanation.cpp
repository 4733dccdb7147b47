#include "spvae/query/explanation.h"

#include <cassert>
#include <cmath>
#include <cstddef>
#include <vector>

#include "spvae/circuit/induced_tree.h"
#include "spvae/core/index.h"
#include "spvae/model/region_rectangle.h"

namespace spvae {
namespace {

/// Lists a tree's nodes from the root on.
class Lister {
 public:
  Lister(const Spvae& model, const Evidence& evidence, int lane, const InducedTree& tree)
      : model_(model),
        trace_(evidence.trace),
        lane_(lane),
        choices_(index(model.circuit().sum_nodes()), -1) {
    for (const auto& [sum, branch] : tree.choices) choices_[index(sum)] = branch;
  }

  /// Appends `node` and all below it; returns its place.
  int add(int node, int parent, int level, std::vector<ExplanationNode>& nodes) const {
    const Circuit& circuit = model_.circuit();
    const int place = static_cast<int>(nodes.size());
    nodes.push_back({.node = node,
                     .parent = parent,
                     .level = level,
                     .rectangle = region_rectangle(model_, circuit.region(node))});
    if (circuit.is_leaf(node)) return place;
    const int sum = node - circuit.leaves();
    const int number = choices_[index(sum)];
    assert(number >= 0);
    const Circuit::Branch branch = circuit.branch(sum, number);
    const double log_weight = trace_.log_weights[circuit.first_weight(sum) + index(number)];
    double log_branch = log_weight + value(branch.left);
    if (branch.is_product()) log_branch += value(branch.right);
    nodes[index(place)].branch = number;
    nodes[index(place)].probability = std::exp(log_branch - value(node));
    const int left = add(branch.left, place, level + 1, nodes);
    nodes[index(place)].left = left;
    if (!branch.is_product()) return place;
    const int right = add(branch.right, place, level + 1, nodes);
    nodes[index(place)].right = right;
    return place;
  }

 private:
  double value(int node) const { return model_.circuit().log_value(trace_, node, lane_); }

  const Spvae& model_;
  const Circuit::Trace& trace_;
  int lane_;
  std::vector<int> choices_;  // [sums]
};

}  // namespace

Explanation explain(const Spvae& model, const Evidence& evidence, int lane) {
  assert(lane >= 0 && lane < evidence.batch.size);
  const InducedTree tree = best_tree(model.circuit(), evidence.trace, lane);
  Explanation explanation{.nodes = {},
                          .log_likelihood = evidence.trace.root()[index(lane)],
                          .log_prior = tree.log_probability,
                          .probability = 1,
                          .responsibilities = {}};
  Lister(model, evidence, lane, tree).add(model.circuit().root(), -1, 0, explanation.nodes);
  for (const ExplanationNode& node : explanation.nodes) explanation.probability *= node.probability;
  for (int leaf = 0; leaf < model.circuit().leaves(); ++leaf) {
    explanation.responsibilities.push_back(
        evidence.responsibilities[index(leaf) * index(evidence.batch.stride) + index(lane)]);
  }
  return explanation;
}

}  // namespace spvae
