#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "spvae/circuit/product.h"
#include "spvae/core/aligned_vector.h"
#include "spvae/core/index.h"
#include "spvae/core/thread_pool.h"
#include "spvae/kernels/cross_circuit.h"
#include "spvae/kernels/state_circuit.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// Refused beyond: the weights of a circuit.
inline constexpr std::size_t kMaxSumWeights = std::size_t{1} << 26;

/// A sum-product network in the log domain over the leaves of a region graph (TP19 Eq. (4), (9)).
/// Leaf region r holds leaves r·K_leaf … (r+1)·K_leaf − 1. The products of a region are those of
/// all its partitions, in order; its states are its products or, of a leaf region, its leaves.
/// - Product::kCross: each internal region holds K_sum sums, the root one, each of which weighs the
///   region's products. Those of a partition are all pairs (sum or leaf of left, of right), right
///   fastest. Sums are numbered by region.
/// - Product::kElementwise: each side of a partition holds K_sum sums of its own, each of which
///   weighs the states of that side's region; product k of the partition is sum k of left times sum
///   k of right. One more sum weighs the root's states. Sums are numbered by partition, left before
///   right; the root's is the last.
/// Weights are log-softmax of free logits, one row per sum, sum after sum. A root that is a leaf
/// region is that leaf itself. A log weight below −300 counts as −300. Immutable. All log values
/// are double: at −1e4 nats a float's spacing would spoil responsibilities.
class Circuit {
 public:
  /// Throws Error(kUsage) for k ≤ 0, a root leaf region with more than one leaf, or more than
  /// kMaxSumWeights weights.
  Circuit(const RegionGraph& graph, int k_sum, int k_leaf, Product product = Product::kCross);

  int leaves() const { return leaves_; }
  int sum_nodes() const { return static_cast<int>(bank_of_.size()); }
  int product_nodes() const { return product_nodes_; }
  std::size_t sum_weights() const { return sum_weights_; }             ///< W, the length of logits
  int levels() const { return static_cast<int>(levels_.size()) - 1; }  ///< above the leaves
  int k_leaf() const { return k_leaf_; }

  /// Leaf l is node l, sum s is node leaves() + s; children before parents, the root last.
  int nodes() const { return leaves_ + sum_nodes(); }
  int root() const { return nodes() - 1; }
  bool is_leaf(int node) const { return node < leaves_; }
  int region(int node) const;  ///< that the node models
  /// What a sum weighs: the product of two nodes or, where right < 0, the node left alone.
  struct Branch {
    int left;
    int right;
    bool is_product() const { return right >= 0; }
  };
  int branches(int sum) const { return bank(sum).branches; }
  Branch branch(int sum, int number) const;  ///< number in [0, branches(sum))
  /// Weights of a sum: first_weight(sum) … first_weight(sum) + branches(sum) − 1.
  std::size_t first_weight(int sum) const;

  /// Normalised log weights [W] of free logits [W].
  void log_softmax(std::span<const float> logits, std::span<double> log_weights) const;

  /// What forward leaves behind for backward and for the trees. Tiles are kernels::kTile images.
  struct Trace {
    int stride = 0;                     ///< images, a multiple of kernels::kTile
    AlignedVector<double> log_weights;  ///< [W]
    AlignedVector<double> weights;      ///< [W] linear
    /// Log values: of all nodes [nodes, stride] (kCross), of the leaves and the root (kElementwise)
    AlignedVector<double> values;
    /// exp(value − its region's maximum): of nodes [nodes, stride] (kCross), of the regions' states
    /// [tiles, states, kTile] (kElementwise)
    AlignedVector<double> scaled;
    AlignedVector<double> maxima;  ///< largest log value of each region: [regions, stride] (kCross)
    AlignedVector<double> totals;  ///< largest sum / best product of each
    // kElementwise alone; maxima and totals are [tiles, regions + banks, kTile] there.
    AlignedVector<double> sums;       ///< [tiles, sums, kTile] exp(value − its bank's maximum)
    AlignedVector<double> grad_sums;  ///< work of backward
    /// log value of the root, [stride]
    std::span<const double> root() const { return std::span(values).last(index(stride)); }
    std::span<double> root() { return std::span(values).last(index(stride)); }
  };

  /// leaf_values [L, stride] in nats → the nodes' values (TP19 Eq. (9)). Reuses the trace's memory.
  /// −∞ is a value (an impossible leaf); NaN makes that image's root NaN.
  void forward(std::span<const float> logits, std::span<const double> leaf_values, int stride,
               ThreadPool& pool, Trace& trace) const;
  /// Log value of a node for image `lane` after forward.
  double log_value(const Trace& trace, int node, int lane) const;

  /// Responsibilities [L, stride] = d root / d leaf value for each image, and d Σ_b root_b /
  /// d logits [W], summed over the first `size` images; both overwritten. Lanes from `size` on get
  /// responsibility 0, whatever they hold; so does an image whose root is −∞. Same bits for any
  /// number of threads.
  void backward(Trace& trace, int size, ThreadPool& pool, std::span<double> responsibilities,
                std::span<float> grad_logits) const;

 private:
  using Bank = kernels::CircuitBank;

  const Bank& bank(int sum) const;
  void make_cross(const RegionGraph& graph);
  void make_elementwise(const RegionGraph& graph);
  void add_bank(int region, int sums, int branches);
  void make_levels(const RegionGraph& graph);
  void normalise(std::span<const float> logits, std::span<double> log_weights,
                 std::span<double> weights, ThreadPool* pool) const;

  kernels::CircuitGraph graph(const Trace& trace) const;
  void forward_cross(std::span<const double> leaf_values, ThreadPool& pool, Trace& trace) const;
  void backward_cross(const Trace& trace, int size, ThreadPool& pool,
                      std::span<double> responsibilities, std::span<float> grad_logits) const;
  kernels::StatePass state_pass(Trace& trace, int tile) const;
  void forward_states(std::span<const double> leaf_values, ThreadPool& pool, Trace& trace) const;
  void backward_states(Trace& trace, int size, ThreadPool& pool, std::span<double> responsibilities,
                       std::span<float> grad_logits) const;

  Product product_;
  int k_sum_;
  int k_leaf_;
  int leaves_;
  int product_nodes_ = 0;
  std::size_t sum_weights_ = 0;
  std::vector<Bank> banks_;   // of kElementwise: 2p and 2p + 1 of partition p; the root's
  std::vector<int> bank_of_;  // [sums]
  std::vector<std::vector<int>> levels_;  // regions by level, leaf regions first
  struct SumBlock {
    int bank;
    int first;
    int sums;
  };
  std::vector<SumBlock> blocks_;  // what a task does of the banks
  // kCross
  std::vector<kernels::CircuitRegion> regions_;
  std::vector<kernels::CircuitPartition> partitions_;
  // kElementwise
  std::vector<kernels::StateRegion> state_regions_;
  std::vector<int> readers_;  // banks that weigh the states of a region, region after region
};

}  // namespace spvae
