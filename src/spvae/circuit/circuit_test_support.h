#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
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

/// Of a test over both kinds of products.
inline std::string product_name(const testing::TestParamInfo<Product>& info) {
  return info.param == Product::kCross ? "Cross" : "Elementwise";
}

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

/// All induced trees below each node, from the documented order of nodes, branches and weights
/// alone (TP19 Section 3.1).
class Enumeration {
 public:
  Enumeration(const RegionGraph& graph, int k_sum, int k_leaf, std::vector<double> log_weights,
              Product product = Product::kCross)
      : log_weights_(std::move(log_weights)) {
    std::vector<std::vector<Trees>> nodes;   // of each region: what cross products pair
    std::vector<std::vector<Trees>> states;  // of each region: what sums weigh
    for (int r = 0; r <= graph.root(); ++r) {
      nodes.emplace_back();
      states.emplace_back();
      if (graph.is_leaf(r)) {
        for (int i = 0; i < k_leaf; ++i) trees_.push_back({{{r * k_leaf + i}, 0}});
        states[index(r)] = nodes[index(r)] = {trees_.end() - k_leaf, trees_.end()};
        continue;
      }
      for (const Partition& p : graph.partitions()) {
        if (p.region != r) continue;
        if (product == Product::kElementwise) {
          const auto left = sums(states[index(p.left)], k_sum);
          const auto right = sums(states[index(p.right)], k_sum);
          for (int k = 0; k < k_sum; ++k) {
            states[index(r)].push_back(pairs(left[index(k)], right[index(k)]));
          }
          continue;
        }
        for (const Trees& left : nodes[index(p.left)]) {
          for (const Trees& right : nodes[index(p.right)]) {
            states[index(r)].push_back(pairs(left, right));
          }
        }
      }
      if (r == graph.root()) {
        sums(states[index(r)], 1);
      } else if (product == Product::kCross) {
        nodes[index(r)] = sums(states[index(r)], k_sum);
      }
    }
  }

  using Trees = std::vector<Tree>;
  const Trees& trees() const { return trees_.back(); }
  const Trees& trees(int node) const { return trees_[index(node)]; }

 private:
  static Trees pairs(const Trees& lefts, const Trees& rights) {
    Trees all;
    for (const Tree& left : lefts) {
      for (const Tree& right : rights) {
        Tree tree{left.leaves, left.log_probability + right.log_probability};
        tree.leaves.insert(tree.leaves.end(), right.leaves.begin(), right.leaves.end());
        std::sort(tree.leaves.begin(), tree.leaves.end());
        all.push_back(std::move(tree));
      }
    }
    return all;
  }
  /// The next sums, all of which weigh `states`.
  std::vector<Trees> sums(const std::vector<Trees>& states, int count) {
    for (int k = 0; k < count; ++k) {
      Trees all;
      for (const Trees& state : states) {
        for (Tree tree : state) {
          tree.log_probability += log_weights_[next_weight_];
          all.push_back(std::move(tree));
        }
        ++next_weight_;
      }
      trees_.push_back(std::move(all));
    }
    return {trees_.end() - count, trees_.end()};
  }

  std::vector<double> log_weights_;
  std::size_t next_weight_ = 0;
  std::vector<Trees> trees_;  // of each node
};

/// Log value of a tree for one image: Σ log weights + Σ leaf values.
inline double log_value(const Tree& tree, std::span<const double> values, int stride, int lane) {
  double sum = tree.log_probability;
  for (const int leaf : tree.leaves) sum += values[index(leaf) * index(stride) + index(lane)];
  return sum;
}

}  // namespace spvae::circuit_test
