#pragma once

#include <cstddef>
#include <cstdint>

/// Kernels of the sum-product circuit (cross_circuit-inl.h) and of the elementary functions in
/// double that it needs (math_double-inl.h). All numbers are double.
namespace spvae::kernels {

/// Largest errors, in units in the last place, with and without fused multiply-add.
/// exp: x in [−708, 709]; 0 below −708 (so for −∞), NaN for NaN.
inline constexpr double kMaxUlpsExp = 1.1;
/// log: normal numbers; −∞ for 0 and subnormal numbers, ∞ for ∞, NaN for NaN.
inline constexpr double kMaxUlpsLog = 1.0;

/// Lanes that gradients of weights are summed over one by one before they are folded in halves:
/// a multiple of every target's vector, hence the same order of sums on every target.
inline constexpr int kCircuitLanes = 8;

/// A region: its nodes are consecutive rows, its partitions and weights consecutive too.
struct CircuitRegion {
  std::int32_t first_node = 0;
  std::int32_t nodes = 0;
  std::int32_t first_partition = 0;
  std::int32_t partitions = 0;    ///< 0: a leaf region
  std::int32_t products = 0;      ///< of each sum, over all partitions
  std::int32_t first_weight = 0;  ///< of [nodes, products]
};

/// Left and right region of a partition.
struct CircuitPartition {
  std::int32_t left = 0;
  std::int32_t right = 0;
};

/// Children before parents, leaf regions first, the root last. A region's products: for each of its
/// partitions, all pairs (node of left, node of right), right fastest.
struct CircuitGraph {
  const CircuitRegion* regions = nullptr;
  std::size_t region_count = 0;
  const CircuitPartition* partitions = nullptr;
  const double* weights = nullptr;  ///< linear, all > 0
};

/// Bottom-up pass over one tile. Pointers are to the tile's first lane; rows are `stride` apart.
struct CircuitForward {
  CircuitGraph graph;
  std::size_t stride = 0;
  double* values = nullptr;  ///< [nodes] log values: those of leaves are read, of sums written
  double* scaled = nullptr;  ///< [nodes] out: exp(value − maximum of the region)
  double* maxima = nullptr;  ///< [regions] out: largest log value of the region
  double* totals = nullptr;  ///< [regions] out: largest sum relative to the best product, > 0
};

/// Top-down pass over one tile, for what CircuitForward left behind. All lanes contribute.
struct CircuitBackward {
  CircuitGraph graph;
  std::size_t stride = 0;  ///< of scaled, maxima and totals
  const double* scaled = nullptr;
  const double* maxima = nullptr;
  const double* totals = nullptr;
  /// [nodes, kTile] work: d root / d scaled value; on entry the root's row is set (1, or 0 for a
  /// lane to ignore) and all others are 0.
  double* grad_scaled = nullptr;
  double* lane_sums = nullptr;  ///< [largest nodes · products of a region, kCircuitLanes] work
  std::size_t responsibility_stride = 0;
  double* responsibilities = nullptr;  ///< [leaves] out: d root / d leaf log value
  double* grad_weights = nullptr;      ///< [weights] out: d Σ root / d log weight, over the tile
};

}  // namespace spvae::kernels
