#include "spvae/reference/circuit_reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "spvae/core/index.h"
#include "spvae/core/log_sum_exp.h"

namespace spvae {
namespace {

constexpr std::size_t kNone = SIZE_MAX;

/// What a sum weighs: a product of two nodes, or one node.
struct Branch {
  std::size_t left, right;
};

/// One weighted edge from a sum to what it weighs.
struct Edge {
  std::size_t sum;
  Branch branch;
};

/// The edges of all sums in the order of the weights.
class Edges {
 public:
  Edges(const RegionGraph& graph, int k_sum, int k_leaf, Product product)
      : nodes_(index(graph.leaf_regions()) * index(k_leaf)),
        states_(graph.regions().size()),
        sums_(graph.regions().size()) {
    for (int r = 0; r < graph.leaf_regions(); ++r) {
      for (int i = 0; i < k_leaf; ++i) {
        const std::size_t leaf = index(r) * index(k_leaf) + index(i);
        states_[index(r)].push_back({leaf, kNone});
        sums_[index(r)].push_back(leaf);
      }
    }
    for (int r = graph.leaf_regions(); r <= graph.root(); ++r) {
      auto& states = states_[index(r)];
      for (const Partition& p : graph.partitions()) {
        if (p.region != r) continue;
        const auto left = index(p.left);
        const auto right = index(p.right);
        if (product == Product::kElementwise) {
          const auto a = add_sums(states_[left], k_sum);
          const auto b = add_sums(states_[right], k_sum);
          for (std::size_t k = 0; k < a.size(); ++k) states.push_back({a[k], b[k]});
          continue;
        }
        for (const std::size_t a : sums_[left]) {
          for (const std::size_t b : sums_[right]) states.push_back({a, b});
        }
      }
      const bool is_root = r == graph.root();
      if (product == Product::kElementwise && !is_root) continue;
      sums_[index(r)] = add_sums(states, is_root ? 1 : k_sum);
    }
  }

  const std::vector<Edge>& edges() const { return edges_; }

 private:
  std::vector<std::size_t> add_sums(const std::vector<Branch>& branches, int count) {
    std::vector<std::size_t> sums;
    for (int k = 0; k < count; ++k, ++nodes_) {
      sums.push_back(nodes_);
      for (const Branch& branch : branches) edges_.push_back({nodes_, branch});
    }
    return sums;
  }

  std::size_t nodes_;
  std::vector<std::vector<Branch>> states_;     // of each region
  std::vector<std::vector<std::size_t>> sums_;  // of each region; its leaves
  std::vector<Edge> edges_;
};

}  // namespace

CircuitReference circuit_reference(const RegionGraph& graph, int k_sum, int k_leaf,
                                   std::span<const double> logits,
                                   std::span<const double> leaf_values, Product product) {
  CircuitReference result;
  result.values.assign(leaf_values.begin(), leaf_values.end());
  const Edges circuit(graph, k_sum, k_leaf, product);
  const std::vector<Edge>& edges = circuit.edges();
  const auto value = [&](const Branch& branch) {
    return result.values[branch.left] + (branch.right == kNone ? 0 : result.values[branch.right]);
  };

  // Bottom up; the edges of a sum lie in a row.
  for (std::size_t begin = 0; begin < edges.size();) {
    std::size_t end = begin;
    while (end < edges.size() && edges[end].sum == edges[begin].sum) ++end;
    const std::span<const double> row = logits.subspan(begin, end - begin);
    std::vector<double> terms;
    for (std::size_t j = begin; j < end; ++j) {
      result.log_weights.push_back(logits[j] - log_sum_exp(row));
      terms.push_back(result.log_weights[j] + value(edges[j].branch));
    }
    result.values.push_back(log_sum_exp(terms));
    begin = end;
  }

  // Top down: a sum shares its responsibility among its branches by their part of its value.
  std::vector<double> responsibility(result.values.size(), 0.0);
  responsibility.back() = 1;
  result.grad_logits.assign(edges.size(), 0.0);
  for (std::size_t j = edges.size(); j-- > 0;) {
    const auto& [sum, branch] = edges[j];
    const double share = std::exp(result.log_weights[j] + value(branch) - result.values[sum]);
    const double part = result.values[sum] == -std::numeric_limits<double>::infinity()
                            ? 0
                            : responsibility[sum] * share;
    responsibility[branch.left] += part;
    if (branch.right != kNone) responsibility[branch.right] += part;
    result.grad_logits[j] = part - responsibility[sum] * std::exp(result.log_weights[j]);
  }
  result.responsibilities.assign(
      responsibility.begin(),
      responsibility.begin() + static_cast<std::ptrdiff_t>(leaf_values.size()));
  return result;
}

}  // namespace spvae
