#include "spvae/circuit/induced_tree.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "spvae/core/index.h"

namespace spvae {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

/// Walks from the root to the leaves; choose(sum) names the branch to take. Children come before
/// parents, so one sweep downwards meets every reached node after its parent.
template <class Choose>
InducedTree descend(const Circuit& circuit, std::span<const double> log_weights,
                    const Choose& choose) {
  InducedTree tree;
  std::vector<bool> reached(index(circuit.nodes()), false);
  reached.back() = true;
  for (int node = circuit.root(); node >= 0; --node) {
    if (!reached[index(node)]) continue;
    if (circuit.is_leaf(node)) {
      tree.leaves.push_back(node);
      continue;
    }
    const int sum = node - circuit.leaves();
    const int number = choose(sum);
    tree.choices.push_back({sum, number});
    tree.log_probability += log_weights[circuit.first_weight(sum) + index(number)];
    const Circuit::Branch branch = circuit.branch(sum, number);
    reached[index(branch.left)] = true;
    if (branch.is_product()) reached[index(branch.right)] = true;
  }
  std::reverse(tree.leaves.begin(), tree.leaves.end());
  return tree;
}

/// An index with probability exp(log_terms[index]) / Σ. At least one term is not impossible.
int pick(std::span<const double> log_terms, double uniform) {
  const double largest = *std::max_element(log_terms.begin(), log_terms.end());
  double total = 0;
  for (const double term : log_terms) total += std::exp(term - largest);
  const double target = uniform * total;
  double cumulative = 0;
  std::size_t last = 0;  // should rounding leave the target at the total
  for (std::size_t j = 0; j < log_terms.size(); ++j) {
    const double share = std::exp(log_terms[j] - largest);
    if (share == 0) continue;
    last = j;
    cumulative += share;
    if (target < cumulative) break;
  }
  return static_cast<int>(last);
}

/// Log of each weighted branch of a sum, into terms; value(node) is the log value of a node.
template <class Value>
void weighted_branches(const Circuit& circuit, const Circuit::Trace& trace, int sum,
                       const Value& value, std::vector<double>& terms) {
  terms.clear();
  const double* log_weight = trace.log_weights.data() + circuit.first_weight(sum);
  for (int number = 0; number < circuit.branches(sum); ++number) {
    const Circuit::Branch branch = circuit.branch(sum, number);
    const double term = log_weight[number] + value(branch.left);
    terms.push_back(branch.is_product() ? term + value(branch.right) : term);
  }
}

}  // namespace

InducedTree sample_tree(const Circuit& circuit, std::span<const double> log_weights,
                        const UniformSource& uniform) {
  assert(log_weights.size() == circuit.sum_weights());
  return descend(circuit, log_weights, [&](int sum) {
    return pick(log_weights.subspan(circuit.first_weight(sum), index(circuit.branches(sum))),
                uniform());
  });
}

InducedTree sample_tree(const Circuit& circuit, const Circuit::Trace& trace, int lane,
                        const UniformSource& uniform) {
  assert(lane >= 0 && lane < trace.stride);
  const std::span<const double> log_weights(trace.log_weights);
  std::vector<double> terms;
  return descend(circuit, log_weights, [&](int sum) {
    weighted_branches(
        circuit, trace, sum, [&](int node) { return circuit.log_value(trace, node, lane); }, terms);
    const bool possible =
        std::any_of(terms.begin(), terms.end(), [](double term) { return term > kImpossible; });
    return pick(possible ? std::span<const double>(terms)
                         : log_weights.subspan(circuit.first_weight(sum), terms.size()),
                uniform());
  });
}

InducedTree best_tree(const Circuit& circuit, const Circuit::Trace& trace, int lane) {
  assert(lane >= 0 && lane < trace.stride);
  std::vector<double> best(index(circuit.nodes()));
  std::vector<int> choices(index(circuit.sum_nodes()));
  for (int leaf = 0; leaf < circuit.leaves(); ++leaf) {
    best[index(leaf)] = circuit.log_value(trace, leaf, lane);
  }
  std::vector<double> terms;
  for (int sum = 0; sum < circuit.sum_nodes(); ++sum) {
    weighted_branches(circuit, trace, sum, [&](int node) { return best[index(node)]; }, terms);
    const auto largest = std::max_element(terms.begin(), terms.end());
    best[index(circuit.leaves() + sum)] = *largest;
    choices[index(sum)] = static_cast<int>(largest - terms.begin());
  }
  return descend(circuit, trace.log_weights, [&](int sum) { return choices[index(sum)]; });
}

}  // namespace spvae
