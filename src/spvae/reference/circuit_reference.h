#pragma once

#include <span>
#include <vector>

#include "spvae/circuit/product.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// One image through the circuit: the slow twin of Circuit, plain recursive definitions in double.
struct CircuitReference {
  std::vector<double> log_weights;       ///< [W]
  std::vector<double> values;            ///< [nodes] log values, leaves first, root last
  std::vector<double> responsibilities;  ///< [leaves] d root / d leaf value
  std::vector<double> grad_logits;       ///< [W] d root / d logits
};

/// Orders of nodes, products and weights as Circuit documents them (TP19 Eq. (4), (9)); logits [W],
/// leaf_values [leaf regions · k_leaf] in nats, at least one induced tree possible.
CircuitReference circuit_reference(const RegionGraph& graph, int k_sum, int k_leaf,
                                   std::span<const double> logits,
                                   std::span<const double> leaf_values,
                                   Product product = Product::kCross);

}  // namespace spvae
