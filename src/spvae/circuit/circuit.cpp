#include "spvae/circuit/circuit.h"

#include <algorithm>
#include <cassert>

#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

// Keep every weight, and every ratio of weights, far from under- and overflow.
constexpr double kMinLogWeight = -300;
constexpr double kMinWeight = 5.148200222412013e-131;  // e^−300

std::size_t padded(std::size_t count) {
  constexpr std::size_t kLanes = kernels::kCircuitLanes;
  return (count + kLanes - 1) / kLanes * kLanes;
}

}  // namespace

Circuit::Circuit(const RegionGraph& graph, int k_sum, int k_leaf) : k_leaf_(k_leaf) {
  if (k_sum < 1 || k_leaf < 1) {
    fail(ErrorKind::kUsage, "circuit: got k-sum {} and k-leaf {}, expected at least 1 of each",
         k_sum, k_leaf);
  }
  if (graph.is_leaf(graph.root()) && k_leaf > 1) {
    fail(ErrorKind::kUsage,
         "circuit: got k-leaf {} over a single region, expected 1; choose a smaller delta for a "
         "structure with sums",
         k_leaf);
  }
  const auto nodes_of = [&](int region) {
    return graph.is_leaf(region) ? k_leaf : region == graph.root() ? 1 : k_sum;
  };
  double weights = 0;  // in floating point: no k overflows it
  for (const Partition& p : graph.partitions()) {
    weights += double{1} * nodes_of(p.region) * nodes_of(p.left) * nodes_of(p.right);
  }
  if (weights > static_cast<double>(kMaxSumWeights)) {
    fail(ErrorKind::kUsage,
         "circuit: k-sum {} and k-leaf {} make {:.0f} sum weights, expected at most {}; choose "
         "smaller ones or a larger delta",
         k_sum, k_leaf, weights, kMaxSumWeights);
  }

  leaves_ = graph.leaf_regions() * k_leaf;
  std::vector<int> level(graph.regions().size(), 0);
  auto partition = graph.partitions().begin();
  for (int r = 0; r <= graph.root(); ++r) {
    kernels::CircuitRegion region;
    region.first_node = nodes();
    region.nodes = nodes_of(r);
    region.first_partition = static_cast<int>(partitions_.size());
    region.first_weight = static_cast<int>(sum_weights_);
    for (; partition != graph.partitions().end() && partition->region == r; ++partition) {
      partitions_.push_back({partition->left, partition->right});
      region.products += nodes_of(partition->left) * nodes_of(partition->right);
      level[index(r)] = std::max(
          {level[index(r)], level[index(partition->left)] + 1, level[index(partition->right)] + 1});
    }
    region.partitions = static_cast<int>(partitions_.size()) - region.first_partition;
    product_nodes_ += region.products;
    sum_weights_ += index(region.nodes) * index(region.products);
    region_of_.insert(region_of_.end(), index(region.nodes), r);
    regions_.push_back(region);
  }
  levels_ = level.back();
}

int Circuit::products(int sum) const { return regions_[index(region(leaves_ + sum))].products; }

std::size_t Circuit::first_weight(int sum) const {
  const int node = leaves_ + sum;
  const kernels::CircuitRegion& r = regions_[index(region(node))];
  return index(r.first_weight) + index(node - r.first_node) * index(r.products);
}

Circuit::Children Circuit::children(int sum, int product) const {
  const kernels::CircuitRegion& r = regions_[index(region(leaves_ + sum))];
  assert(product >= 0 && product < r.products);
  for (int p = r.first_partition;; ++p) {
    const kernels::CircuitRegion& left = regions_[index(partitions_[index(p)].left)];
    const kernels::CircuitRegion& right = regions_[index(partitions_[index(p)].right)];
    const int pairs = left.nodes * right.nodes;
    if (product < pairs) {
      return {left.first_node + product / right.nodes, right.first_node + product % right.nodes};
    }
    product -= pairs;
  }
}

void Circuit::normalise(std::span<const float> logits, std::span<double> log_weights,
                        std::span<double> weights) const {
  assert(logits.size() == sum_weights_ && log_weights.size() == sum_weights_ &&
         weights.size() == sum_weights_);
  const kernels::Table& kernels = kernels::table();
  AlignedVector<double> exps(padded(sum_weights_));
  AlignedVector<double> totals(padded(index(sum_nodes())));
  for (int sum = 0; sum < sum_nodes(); ++sum) {
    const std::span<const float> row = logits.subspan(first_weight(sum), index(products(sum)));
    const double largest = *std::max_element(row.begin(), row.end());
    for (std::size_t j = 0; j < row.size(); ++j) {
      const double centred = double{row[j]} - largest;
      exps[first_weight(sum) + j] = log_weights[first_weight(sum) + j] = centred;
    }
  }
  kernels.exp_array(exps.data(), exps.data(), exps.size());
  for (int sum = 0; sum < sum_nodes(); ++sum) {
    const std::size_t first = first_weight(sum);
    for (std::size_t j = first; j < first + index(products(sum)); ++j)
      totals[index(sum)] += exps[j];
    for (std::size_t j = first; j < first + index(products(sum)); ++j) {
      weights[j] = std::max(exps[j] / totals[index(sum)], kMinWeight);
    }
  }
  kernels.log_array(totals.data(), totals.data(), totals.size());
  for (int sum = 0; sum < sum_nodes(); ++sum) {
    const std::size_t first = first_weight(sum);
    for (std::size_t j = first; j < first + index(products(sum)); ++j) {
      log_weights[j] = std::max(log_weights[j] - totals[index(sum)], kMinLogWeight);
    }
  }
}

void Circuit::log_softmax(std::span<const float> logits, std::span<double> log_weights) const {
  AlignedVector<double> weights(sum_weights_);
  normalise(logits, log_weights, weights);
}

std::span<const double> Circuit::Trace::root() const {
  return std::span(values).last(index(stride));
}

kernels::CircuitGraph Circuit::graph(const Trace& trace) const {
  return {regions_.data(), regions_.size(), partitions_.data(), trace.weights.data()};
}

void Circuit::forward(std::span<const float> logits, std::span<const double> leaf_values,
                      int stride, ThreadPool& pool, Trace& trace) const {
  assert(stride > 0 && stride % kernels::kTile == 0);
  assert(leaf_values.size() == index(leaves_) * index(stride));
  trace.stride = stride;
  trace.log_weights.resize(sum_weights_);
  trace.weights.resize(sum_weights_);
  trace.values.resize(index(nodes()) * index(stride));
  trace.scaled.resize(trace.values.size());
  trace.maxima.resize(regions_.size() * index(stride));
  trace.totals.resize(trace.maxima.size());
  normalise(logits, trace.log_weights, trace.weights);
  std::copy(leaf_values.begin(), leaf_values.end(), trace.values.begin());

  pool.run(stride / kernels::kTile, [&](int tile, int) {
    const std::size_t lane = index(tile) * kernels::kTile;
    kernels::CircuitForward pass;
    pass.graph = graph(trace);
    pass.stride = index(stride);
    pass.values = trace.values.data() + lane;
    pass.scaled = trace.scaled.data() + lane;
    pass.maxima = trace.maxima.data() + lane;
    pass.totals = trace.totals.data() + lane;
    kernels::table().circuit_forward(pass);
  });
}

void Circuit::backward(const Trace& trace, int size, ThreadPool& pool,
                       std::span<double> responsibilities, std::span<float> grad_logits) const {
  assert(size >= 0 && size <= trace.stride);
  assert(responsibilities.size() == index(leaves_) * index(trace.stride));
  assert(grad_logits.size() == sum_weights_);
  const int tiles = trace.stride / kernels::kTile;
  std::size_t largest_region = 0;
  for (const kernels::CircuitRegion& region : regions_) {
    largest_region = std::max(largest_region, index(region.nodes) * index(region.products));
  }
  AlignedVector<double> grad_weights(index(tiles) * sum_weights_);
  struct Work {
    AlignedVector<double> grad_scaled, lane_sums, scaled, maxima, totals;
  };
  std::vector<Work> works(index(pool.threads()));

  pool.run(tiles, [&](int tile, int thread) {
    const std::size_t lane = index(tile) * kernels::kTile;
    const std::size_t active = index(std::clamp(size - tile * kernels::kTile, 0, kernels::kTile));
    Work& work = works[index(thread)];
    work.grad_scaled.assign(index(nodes()) * kernels::kTile, 0.0);
    std::fill_n(work.grad_scaled.end() - kernels::kTile, active, 1.0);
    work.lane_sums.resize(largest_region * kernels::kCircuitLanes);

    kernels::CircuitBackward pass;
    pass.graph = graph(trace);
    pass.stride = index(trace.stride);
    pass.scaled = trace.scaled.data() + lane;
    pass.maxima = trace.maxima.data() + lane;
    pass.totals = trace.totals.data() + lane;
    if (active < kernels::kTile) {
      // What the lanes to ignore hold may be NaN, which times 0 is not 0.
      const auto cut = [&](const AlignedVector<double>& from, AlignedVector<double>& to,
                           double rest) {
        const std::size_t rows = from.size() / pass.stride;
        to.assign(rows * kernels::kTile, rest);
        for (std::size_t row = 0; row < rows; ++row) {
          std::copy_n(from.data() + row * pass.stride + lane, active,
                      to.data() + row * kernels::kTile);
        }
      };
      cut(trace.scaled, work.scaled, 0.0);
      cut(trace.maxima, work.maxima, 0.0);
      cut(trace.totals, work.totals, 1.0);
      pass.stride = kernels::kTile;
      pass.scaled = work.scaled.data();
      pass.maxima = work.maxima.data();
      pass.totals = work.totals.data();
    }
    pass.grad_scaled = work.grad_scaled.data();
    pass.lane_sums = work.lane_sums.data();
    pass.responsibility_stride = index(trace.stride);
    pass.responsibilities = responsibilities.data() + lane;
    pass.grad_weights = grad_weights.data() + index(tile) * sum_weights_;
    kernels::table().circuit_backward(pass);
  });

  // Tiles in order; then through the softmax: d / d logit_j = g_j − w_j Σ g.
  for (int tile = 1; tile < tiles; ++tile) {
    const double* from = grad_weights.data() + index(tile) * sum_weights_;
    for (std::size_t j = 0; j < sum_weights_; ++j) grad_weights[j] += from[j];
  }
  for (int sum = 0; sum < sum_nodes(); ++sum) {
    const std::size_t first = first_weight(sum);
    const std::size_t end = first + index(products(sum));
    double total = 0;
    for (std::size_t j = first; j < end; ++j) total += grad_weights[j];
    for (std::size_t j = first; j < end; ++j) {
      grad_logits[j] = static_cast<float>(grad_weights[j] - trace.weights[j] * total);
    }
  }
}

}  // namespace spvae
