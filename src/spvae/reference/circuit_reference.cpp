#include "spvae/reference/circuit_reference.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace spvae {
namespace {

double log_sum_exp(std::span<const double> terms) {
  const double largest = *std::max_element(terms.begin(), terms.end());
  if (largest == -std::numeric_limits<double>::infinity()) return largest;
  double total = 0;
  for (const double term : terms) total += std::exp(term - largest);
  return largest + std::log(total);
}

/// One weighted edge from a sum to a product of two nodes.
struct Edge {
  std::size_t sum, left, right;
};

}  // namespace

CircuitReference circuit_reference(const RegionGraph& graph, int k_sum, int k_leaf,
                                   std::span<const double> logits,
                                   std::span<const double> leaf_values) {
  std::vector<std::size_t> first{0};  // node of each region
  for (int r = 0; r <= graph.root(); ++r) {
    const int nodes = graph.is_leaf(r) ? k_leaf : r == graph.root() ? 1 : k_sum;
    first.push_back(first.back() + static_cast<std::size_t>(nodes));
  }
  CircuitReference result;
  result.values.assign(leaf_values.begin(), leaf_values.end());

  // Bottom up; the edges of a sum lie in a row, in the order of the weights.
  std::vector<Edge> edges;
  for (std::size_t sum = leaf_values.size(); sum < first.back(); ++sum) {
    const std::size_t begin = edges.size();
    for (const Partition& p : graph.partitions()) {
      const auto region = static_cast<std::size_t>(p.region);
      if (sum < first[region] || sum >= first[region + 1]) continue;
      const auto left = static_cast<std::size_t>(p.left);
      const auto right = static_cast<std::size_t>(p.right);
      for (std::size_t a = first[left]; a < first[left + 1]; ++a) {
        for (std::size_t b = first[right]; b < first[right + 1]; ++b) edges.push_back({sum, a, b});
      }
    }
    const std::span<const double> row = logits.subspan(begin, edges.size() - begin);
    std::vector<double> terms;
    for (std::size_t j = begin; j < edges.size(); ++j) {
      result.log_weights.push_back(logits[j] - log_sum_exp(row));
      terms.push_back(result.log_weights[j] + result.values[edges[j].left] +
                      result.values[edges[j].right]);
    }
    result.values.push_back(log_sum_exp(terms));
  }

  // Top down: a sum shares its responsibility among its products by their part of its value.
  std::vector<double> responsibility(result.values.size(), 0.0);
  responsibility.back() = 1;
  result.grad_logits.assign(edges.size(), 0.0);
  for (std::size_t j = edges.size(); j-- > 0;) {
    const auto& [sum, left, right] = edges[j];
    const double share = std::exp(result.log_weights[j] + result.values[left] +
                                  result.values[right] - result.values[sum]);
    const double part = result.values[sum] == -std::numeric_limits<double>::infinity()
                            ? 0
                            : responsibility[sum] * share;
    responsibility[left] += part;
    responsibility[right] += part;
    result.grad_logits[j] = part - responsibility[sum] * std::exp(result.log_weights[j]);
  }
  result.responsibilities.assign(
      responsibility.begin(),
      responsibility.begin() + static_cast<std::ptrdiff_t>(leaf_values.size()));
  return result;
}

}  // namespace spvae
