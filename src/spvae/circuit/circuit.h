#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/thread_pool.h"
#include "spvae/kernels/circuit.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// Refused beyond: the weights of a circuit.
inline constexpr std::size_t kMaxSumWeights = std::size_t{1} << 26;

/// A sum-product network in the log domain over the leaves of a region graph (TP19 Eq. (4), (9)).
/// Leaf region r holds leaves r·K_leaf … (r+1)·K_leaf − 1; each internal region holds K_sum sums,
/// the root one. Each sum of a region weighs the products of all its partitions: for each
/// partition in order, all pairs (node of left, node of right), right fastest. Weights are
/// log-softmax of free logits, one row per sum. A root that is a leaf region is that leaf itself.
/// A log weight below −300 counts as −300. Immutable. All log values are double: at −1e4 nats a
/// float's spacing would spoil responsibilities.
class Circuit {
 public:
  /// Throws Error(kUsage) for k ≤ 0, a root leaf region with more than one leaf, or more than
  /// kMaxSumWeights weights.
  Circuit(const RegionGraph& graph, int k_sum, int k_leaf);

  int leaves() const { return leaves_; }
  int sum_nodes() const { return static_cast<int>(region_of_.size()) - leaves_; }
  int product_nodes() const { return product_nodes_; }
  std::size_t sum_weights() const { return sum_weights_; }  ///< W, the length of logits
  int levels() const { return levels_; }                    ///< above the leaves
  int k_leaf() const { return k_leaf_; }

  /// Nodes are the rows of Trace::values: leaf l is node l, sum s is node leaves() + s; children
  /// before parents, the root last.
  int nodes() const { return static_cast<int>(region_of_.size()); }
  int root() const { return nodes() - 1; }
  bool is_leaf(int node) const { return node < leaves_; }
  int region(int node) const { return region_of_[static_cast<std::size_t>(node)]; }
  int products(int sum) const;  ///< number of children of a sum
  /// Weights of a sum: first_weight(sum) … first_weight(sum) + products(sum) − 1.
  std::size_t first_weight(int sum) const;
  /// The two nodes under a product of a sum, product in [0, products(sum)).
  struct Children {
    int left;
    int right;
  };
  Children children(int sum, int product) const;

  /// Normalised log weights [W] of free logits [W].
  void log_softmax(std::span<const float> logits, std::span<double> log_weights) const;

  /// What forward leaves behind for backward and for the trees.
  struct Trace {
    int stride = 0;                     ///< images, a multiple of kernels::kTile
    AlignedVector<double> log_weights;  ///< [W]
    AlignedVector<double> weights;      ///< [W] linear
    AlignedVector<double> values;       ///< [nodes, stride] log values, leaves first, root last
    AlignedVector<double> scaled;       ///< [nodes, stride] exp(value − its region's maximum)
    AlignedVector<double> maxima;       ///< [regions, stride] largest log value of each region
    AlignedVector<double> totals;       ///< [regions, stride] largest sum / best product of each
    /// log value of the root, [stride]
    std::span<const double> root() const;
  };

  /// leaf_values [L, stride] in nats → all node values (TP19 Eq. (9)). Reuses the trace's memory.
  /// −∞ is a value (an impossible leaf); NaN makes that image's root NaN.
  void forward(std::span<const float> logits, std::span<const double> leaf_values, int stride,
               ThreadPool& pool, Trace& trace) const;

  /// Responsibilities [L, stride] = d root / d leaf value for each image, and d Σ_b root_b /
  /// d logits [W], summed over the first `size` images; both overwritten. Lanes from `size` on get
  /// responsibility 0, whatever they hold; so does an image whose root is −∞. Same bits for any
  /// number of threads.
  void backward(const Trace& trace, int size, ThreadPool& pool, std::span<double> responsibilities,
                std::span<float> grad_logits) const;

 private:
  void normalise(std::span<const float> logits, std::span<double> log_weights,
                 std::span<double> weights) const;
  kernels::CircuitGraph graph(const Trace& trace) const;

  int k_leaf_ = 0;
  int leaves_ = 0;
  int product_nodes_ = 0;
  int levels_ = 0;
  std::size_t sum_weights_ = 0;
  std::vector<kernels::CircuitRegion> regions_;
  std::vector<kernels::CircuitPartition> partitions_;
  std::vector<int> region_of_;  // [nodes]
};

}  // namespace spvae
