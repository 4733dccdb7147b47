#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "spvae/circuit/circuit.h"
#include "spvae/core/index.h"
#include "spvae/core/random.h"
#include "spvae/core/thread_pool.h"
#include "spvae/structure/region_graph.h"

/// What the tests of this folder share: random inputs, and induced trees by plain recursion over
/// the region graph.
namespace spvae::circuit_test {

inline std::vector<float> random_logits(std::size_t count, std::uint32_t seed, double spread = 1) {
  std::vector<float> logits(count);
  for (std::size_t i = 0; i < count; ++i) {
    logits[i] = static_cast<float>(
        spread * random_normal({.seed = seed, .image = 1}, static_cast<std::uint32_t>(i)));
  }
  return logits;
}

/// [leaves, stride], normal with the given spread.
inline std::vector<double> random_values(const Circuit& circuit, int stride, std::uint32_t seed,
                                         double spread) {
  std::vector<double> values(index(circuit.leaves()) * index(stride));
  for (std::size_t i = 0; i < values.size(); ++i) {
    values[i] = spread * random_normal({.seed = seed, .image = 2}, static_cast<std::uint32_t>(i));
  }
  return values;
}

/// Both passes of the circuit over all lanes.
struct Passes {
  Circuit::Trace trace;
  std::vector<double> responsibilities;
  std::vector<float> grad_logits;

  Passes(const Circuit& circuit, std::span<const float> logits, std::span<const double> leaf_values,
         int stride, int size, int threads = 1)
      : responsibilities(leaf_values.size(), std::numeric_limits<double>::quiet_NaN()),
        grad_logits(logits.size(), std::numeric_limits<float>::quiet_NaN()) {
    ThreadPool pool(threads);
    circuit.forward(logits, leaf_values, stride, pool, trace);
    circuit.backward(trace, size, pool, responsibilities, grad_logits);
  }
};

/// An induced tree below a node: its leaves (ascending) and Σ log weights.
struct Tree {
  std::vector<int> leaves;
  double log_probability = 0;
};

/// All induced trees below node `number` of a region, from the documented order of nodes, products
/// and weights alone (TP19 Section 3.1).
class Enumeration {
 public:
  Enumeration(const RegionGraph& graph, int k_sum, int k_leaf, std::vector<double> log_weights)
      : graph_(graph), k_sum_(k_sum), k_leaf_(k_leaf), log_weights_(std::move(log_weights)) {
    std::size_t next = 0;
    for (int r = 0; r <= graph.root(); ++r) {
      first_weight_.push_back(next);
      next += index(nodes(r)) * products(r);
    }
  }

  std::vector<Tree> trees() const { return trees(graph_.root(), 0); }

  std::vector<Tree> trees(int region, int number) const {
    if (graph_.is_leaf(region)) return {{{region * k_leaf_ + number}, 0}};
    std::vector<Tree> all;
    std::size_t weight = first_weight_[index(region)] + index(number) * products(region);
    for (const Partition& p : graph_.partitions()) {
      if (p.region != region) continue;
      for (int a = 0; a < nodes(p.left); ++a) {
        for (int b = 0; b < nodes(p.right); ++b, ++weight) {
          for (const Tree& left : trees(p.left, a)) {
            for (const Tree& right : trees(p.right, b)) {
              Tree tree{left.leaves,
                        log_weights_[weight] + left.log_probability + right.log_probability};
              tree.leaves.insert(tree.leaves.end(), right.leaves.begin(), right.leaves.end());
              std::sort(tree.leaves.begin(), tree.leaves.end());
              all.push_back(std::move(tree));
            }
          }
        }
      }
    }
    return all;
  }

 private:
  int nodes(int region) const {
    return graph_.is_leaf(region) ? k_leaf_ : region == graph_.root() ? 1 : k_sum_;
  }
  std::size_t products(int region) const {
    std::size_t count = 0;
    for (const Partition& p : graph_.partitions()) {
      if (p.region == region) count += index(nodes(p.left)) * index(nodes(p.right));
    }
    return count;
  }

  const RegionGraph& graph_;
  int k_sum_;
  int k_leaf_;
  std::vector<double> log_weights_;
  std::vector<std::size_t> first_weight_;
};

/// Log value of a tree for one image: Σ log weights + Σ leaf values.
inline double log_value(const Tree& tree, std::span<const double> values, int stride, int lane) {
  double sum = tree.log_probability;
  for (const int leaf : tree.leaves) sum += values[index(leaf) * index(stride) + index(lane)];
  return sum;
}

}  // namespace spvae::circuit_test
