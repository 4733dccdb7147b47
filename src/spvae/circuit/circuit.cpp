#include "spvae/circuit/circuit.h"

#include <algorithm>
#include <cassert>

#include "spvae/core/error.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

// Sums that a task does at most.
constexpr int kBlockSums = 96;
// Fewer weights are normalised by one thread.
constexpr std::size_t kManyWeights = std::size_t{1} << 15;

}  // namespace

Circuit::Circuit(const RegionGraph& graph, int k_sum, int k_leaf, Product product)
    : product_(graph.is_leaf(graph.root()) ? Product::kCross : product),
      k_sum_(k_sum),
      k_leaf_(k_leaf),
      leaves_(0) {
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
  // In floating point: no k overflows it.
  std::vector<double> states(graph.regions().size());
  const auto nodes_of = [&](int region) -> double {
    return graph.is_leaf(region) ? k_leaf : region == graph.root() ? 1 : k_sum;
  };
  double weights = 0;
  for (const Partition& p : graph.partitions()) {
    if (product_ == Product::kCross) {
      weights += nodes_of(p.region) * nodes_of(p.left) * nodes_of(p.right);
      continue;
    }
    for (const int side : {p.left, p.right}) {
      weights += double{1} * k_sum * (graph.is_leaf(side) ? k_leaf : states[index(side)]);
    }
    states[index(p.region)] += k_sum;
  }
  weights += states.back();
  if (weights > static_cast<double>(kMaxSumWeights)) {
    fail(ErrorKind::kUsage,
         "circuit: k-sum {} and k-leaf {} make {:.0f} sum weights, expected at most {}; choose "
         "smaller ones or a larger delta",
         k_sum, k_leaf, weights, kMaxSumWeights);
  }

  leaves_ = graph.leaf_regions() * k_leaf;
  if (product_ == Product::kCross) {
    make_cross(graph);
  } else {
    make_elementwise(graph);
  }
  make_levels(graph);
  for (int b = 0; b < static_cast<int>(banks_.size()); ++b) {
    const int sums = banks_[index(b)].sums;
    for (int first = 0; first < sums; first += kBlockSums) {
      blocks_.push_back({b, first, std::min(kBlockSums, sums - first)});
    }
  }
}

void Circuit::add_bank(int region, int sums, int branches) {
  banks_.push_back({region, sum_nodes(), sums, branches, sum_weights_});
  bank_of_.insert(bank_of_.end(), index(sums), static_cast<int>(banks_.size()) - 1);
  sum_weights_ += index(sums) * index(branches);
}

void Circuit::make_cross(const RegionGraph& graph) {
  auto partition = graph.partitions().begin();
  for (int r = 0; r <= graph.root(); ++r) {
    kernels::CircuitRegion region;
    region.first_node = graph.is_leaf(r) ? r * k_leaf_ : nodes();
    region.nodes = graph.is_leaf(r) ? k_leaf_ : r == graph.root() ? 1 : k_sum_;
    region.first_partition = static_cast<int>(partitions_.size());
    region.first_weight = static_cast<int>(sum_weights_);
    for (; partition != graph.partitions().end() && partition->region == r; ++partition) {
      partitions_.push_back({partition->left, partition->right});
      region.products +=
          regions_[index(partition->left)].nodes * regions_[index(partition->right)].nodes;
    }
    region.partitions = static_cast<int>(partitions_.size()) - region.first_partition;
    product_nodes_ += region.products;
    if (!graph.is_leaf(r)) add_bank(r, region.nodes, region.products);
    regions_.push_back(region);
  }
}

void Circuit::make_elementwise(const RegionGraph& graph) {
  std::vector<std::vector<int>> readers(graph.regions().size());
  int next_state = 0;
  int next_partition = 0;
  auto partition = graph.partitions().begin();
  for (int r = 0; r <= graph.root(); ++r) {
    kernels::StateRegion region;
    region.first_state = next_state;
    region.first_partition = next_partition;
    for (; partition != graph.partitions().end() && partition->region == r; ++partition) {
      for (const int side : {partition->left, partition->right}) {
        readers[index(side)].push_back(static_cast<int>(banks_.size()));
        add_bank(side, k_sum_, state_regions_[index(side)].states);
      }
      ++region.partitions;
    }
    region.states = graph.is_leaf(r) ? k_leaf_ : region.partitions * k_sum_;
    next_state += region.states;
    next_partition += region.partitions;
    state_regions_.push_back(region);
  }
  product_nodes_ = next_state - leaves_;
  readers.back().push_back(static_cast<int>(banks_.size()));
  add_bank(graph.root(), 1, state_regions_.back().states);
  for (std::size_t r = 0; r < readers.size(); ++r) {
    state_regions_[r].first_reader = static_cast<int>(readers_.size());
    state_regions_[r].readers = static_cast<int>(readers[r].size());
    readers_.insert(readers_.end(), readers[r].begin(), readers[r].end());
  }
}

void Circuit::make_levels(const RegionGraph& graph) {
  std::vector<int> level(graph.regions().size(), 0);
  for (const Partition& p : graph.partitions()) {
    level[index(p.region)] =
        std::max({level[index(p.region)], level[index(p.left)] + 1, level[index(p.right)] + 1});
  }
  levels_.resize(index(level.back()) + 1);
  for (int r = 0; r <= graph.root(); ++r) levels_[index(level[index(r)])].push_back(r);
}

const Circuit::Bank& Circuit::bank(int sum) const { return banks_[index(bank_of_[index(sum)])]; }

int Circuit::region(int node) const {
  return is_leaf(node) ? node / k_leaf_ : bank(node - leaves_).region;
}

std::size_t Circuit::first_weight(int sum) const {
  const Bank& b = bank(sum);
  return b.first_weight + index(sum - b.first_sum) * index(b.branches);
}

Circuit::Branch Circuit::branch(int sum, int number) const {
  const int region = bank(sum).region;
  assert(number >= 0 && number < branches(sum));
  if (product_ == Product::kElementwise) {
    const kernels::StateRegion& r = state_regions_[index(region)];
    if (r.partitions == 0) return {r.first_state + number, -1};
    const std::size_t left = index(2 * (r.first_partition + number / k_sum_));
    const int k = leaves_ + number % k_sum_;
    return {banks_[left].first_sum + k, banks_[left + 1].first_sum + k};
  }
  for (int p = regions_[index(region)].first_partition;; ++p) {
    const kernels::CircuitRegion& left = regions_[index(partitions_[index(p)].left)];
    const kernels::CircuitRegion& right = regions_[index(partitions_[index(p)].right)];
    const int pairs = left.nodes * right.nodes;
    if (number < pairs) {
      return {left.first_node + number / right.nodes, right.first_node + number % right.nodes};
    }
    number -= pairs;
  }
}

void Circuit::normalise(std::span<const float> logits, std::span<double> log_weights,
                        std::span<double> weights, ThreadPool* pool) const {
  assert(logits.size() == sum_weights_ && log_weights.size() == sum_weights_ &&
         weights.size() == sum_weights_);
  const auto normalise_block = [&](int task, int) {
    const auto& [number, first, sums] = blocks_[index(task)];
    const std::size_t branches = index(banks_[index(number)].branches);
    const std::size_t weight = banks_[index(number)].first_weight + index(first) * branches;
    kernels::table().softmax_rows(logits.data() + weight, index(sums), branches,
                                  weights.data() + weight, log_weights.data() + weight);
  };
  const int blocks = static_cast<int>(blocks_.size());
  if (pool != nullptr && sum_weights_ >= kManyWeights) return pool->run(blocks, normalise_block);
  for (int block = 0; block < blocks; ++block) normalise_block(block, 0);
}

void Circuit::log_softmax(std::span<const float> logits, std::span<double> log_weights) const {
  AlignedVector<double> weights(sum_weights_);
  normalise(logits, log_weights, weights, nullptr);
}

void Circuit::forward(std::span<const float> logits, std::span<const double> leaf_values,
                      int stride, ThreadPool& pool, Trace& trace) const {
  assert(stride > 0 && stride % kernels::kTile == 0);
  assert(leaf_values.size() == index(leaves_) * index(stride));
  trace.stride = stride;
  trace.log_weights.resize(sum_weights_);
  trace.weights.resize(sum_weights_);
  normalise(logits, trace.log_weights, trace.weights, &pool);
  if (product_ == Product::kCross) {
    forward_cross(leaf_values, pool, trace);
  } else {
    forward_states(leaf_values, pool, trace);
  }
}

void Circuit::backward(Trace& trace, int size, ThreadPool& pool, std::span<double> responsibilities,
                       std::span<float> grad_logits) const {
  assert(size >= 0 && size <= trace.stride);
  assert(responsibilities.size() == index(leaves_) * index(trace.stride));
  assert(grad_logits.size() == sum_weights_);
  if (product_ == Product::kCross) {
    backward_cross(trace, size, pool, responsibilities, grad_logits);
  } else {
    backward_states(trace, size, pool, responsibilities, grad_logits);
  }
}

}  // namespace spvae
