#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/thread_pool.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// A sum-product network in the log domain over the leaves of a region graph (TP19 Eq. (4), (9)).
/// Leaf region r holds leaves r·K_leaf … (r+1)·K_leaf − 1; each internal region holds K_sum sums,
/// the root one. Each sum of a region weighs the products of all its partitions: for each
/// partition in order, all pairs (node of left, node of right), right fastest. Weights are
/// log-softmax of free logits, one row per sum. A root that is a leaf region is that leaf itself.
/// Immutable. All log values are double: at −1e4 nats a float's spacing would spoil responsibilities.
class Circuit {
 public:
  /// Throws Error(kUsage) for k ≤ 0, or a root leaf region with more than one leaf.
  Circuit(const RegionGraph& graph, int k_sum, int k_leaf);

  int leaves() const;
  int sum_nodes() const;
  int product_nodes() const;
  std::size_t sum_weights() const;  ///< W, the length of logits
  int levels() const;               ///< above the leaves
  int k_leaf() const;

  /// Normalised log weights [W] of free logits [W].
  void log_softmax(std::span<const float> logits, std::span<double> log_weights) const;

  /// What forward leaves behind for backward and for the trees.
  struct Trace {
    int stride = 0;                     ///< images, a multiple of kernels::kTile
    AlignedVector<double> log_weights;  ///< [W]
    AlignedVector<double> values;       ///< [leaves + sums, stride], leaves first, root last
    /// log value of the root, [stride]
    std::span<const double> root() const;
  };

  /// leaf_values [L, stride] in nats → all node values (TP19 Eq. (9)). Reuses the trace's memory.
  void forward(std::span<const float> logits, std::span<const double> leaf_values, int stride,
               ThreadPool& pool, Trace& trace) const;

  /// Responsibilities [L, stride] = d root / d leaf value for each image, and d Σ_b root_b /
  /// d logits [W], summed over the first `size` images. Same bits for any number of threads.
  void backward(const Trace& trace, int size, ThreadPool& pool,
                std::span<double> responsibilities, std::span<float> grad_logits) const;

 private:
  // to be designed with the implementation
};

}  // namespace spvae
