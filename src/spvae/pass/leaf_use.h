#pragma once

#include <string>
#include <vector>

#include "spvae/pass/pass.h"

namespace spvae {

/// A leaf is unused where its mean responsibility is below this part of its fair share, which is
/// 1/K of K leaves of a region: of two leaves below 1 %.
inline constexpr double kUnusedShare = 0.02;

/// How much of a model works: leaves whose responsibility training lets fall to nothing stay there,
/// since their gradient falls with it.
struct LeafUse {
  int leaves_of_region = 0;         ///< K
  std::vector<double> shares = {};  ///< [L] of its region's mean responsibility; of a region that
                                    ///< has next to none, 0
  std::vector<int> unused;          ///< [leaf regions] of each region's leaves
  double sum_entropy = 0;           ///< of the sums' weights, nats, averaged over all sums

  /// Whether one is unused.
  bool is_unused(int leaf) const;
  int leaves() const;
  int unused_leaves() const;
  friend bool operator==(const LeafUse&, const LeafUse&) = default;
};

/// Of up to `most` images, evenly spread over `images`, with `samples` importance samples.
LeafUse leaf_use(const Spvae& model, const ImageSet& images, int most, int samples,
                 const NoiseKey& noise, LeafEngine& engine, ThreadPool& pool);

/// "15 of 32 leaves are unused: 1 of 2 of super-pixel 3, …" with the worst regions first; empty if
/// all are used.
std::string unused_text(const LeafUse& use);

}  // namespace spvae
