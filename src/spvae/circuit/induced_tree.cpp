#include "spvae/circuit/induced_tree.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

#include "spvae/core/index.h"

namespace spvae {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

/// Walks from the root to the leaves; choose(sum) names the product to take. Children come before
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
    const int product = choose(sum);
    tree.choices.push_back({sum, product});
    tree.log_probability += log_weights[circuit.first_weight(sum) + index(product)];
    const Circuit::Children children = circuit.children(sum, product);
    reached[index(children.left)] = true;
    reached[index(children.right)] = true;
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

/// Log of each weighted product of a sum for one image, into terms.
void weighted_products(const Circuit& circuit, const Circuit::Trace& trace,
                       std::span<const double> values, std::size_t stride, int sum,
                       std::vector<double>& terms) {
  terms.clear();
  for (int product = 0; product < circuit.products(sum); ++product) {
    const Circuit::Children children = circuit.children(sum, product);
    terms.push_back(trace.log_weights[circuit.first_weight(sum) + index(product)] +
                    values[index(children.left) * stride] + values[index(children.right) * stride]);
  }
}

}  // namespace

InducedTree sample_tree(const Circuit& circuit, std::span<const double> log_weights,
                        const UniformSource& uniform) {
  assert(log_weights.size() == circuit.sum_weights());
  return descend(circuit, log_weights, [&](int sum) {
    return pick(log_weights.subspan(circuit.first_weight(sum), index(circuit.products(sum))),
                uniform());
  });
}

InducedTree sample_tree(const Circuit& circuit, const Circuit::Trace& trace, int lane,
                        const UniformSource& uniform) {
  assert(lane >= 0 && lane < trace.stride);
  const std::span<const double> log_weights(trace.log_weights);
  std::vector<double> terms;
  return descend(circuit, log_weights, [&](int sum) {
    weighted_products(circuit, trace, std::span(trace.values).subspan(index(lane)),
                      index(trace.stride), sum, terms);
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
    best[index(leaf)] = trace.values[index(leaf) * index(trace.stride) + index(lane)];
  }
  std::vector<double> terms;
  for (int sum = 0; sum < circuit.sum_nodes(); ++sum) {
    weighted_products(circuit, trace, best, 1, sum, terms);
    const auto largest = std::max_element(terms.begin(), terms.end());
    best[index(circuit.leaves() + sum)] = *largest;
    choices[index(sum)] = static_cast<int>(largest - terms.begin());
  }
  return descend(circuit, trace.log_weights, [&](int sum) { return choices[index(sum)]; });
}

}  // namespace spvae
