#include "spvae/query/effective_samples.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <limits>

namespace spvae {

double effective_samples(std::span<const double> concentrations,
                         std::span<const double> responsibilities, int k_leaf,
                         int leaves_of_expert) {
  const auto k = static_cast<std::size_t>(k_leaf);
  assert(k >= 1 && concentrations.size() % k == 0);
  assert(responsibilities.size() == concentrations.size());
  double worst = std::numeric_limits<double>::infinity();
  for (std::size_t first = 0; first < concentrations.size(); first += k) {
    double concentration = 0;
    double total = 0;
    for (std::size_t leaf = first; leaf < first + k; ++leaf) {
      concentration += responsibilities[leaf] * concentrations[leaf];
      total += responsibilities[leaf];
      const double own = 1 / concentrations[leaf];
      if (leaves_of_expert == 1 && own < kFailedLeaf) worst = std::min(worst, own);
    }
    if (concentration > 0) worst = std::min(worst, total / concentration);
  }
  return worst;
}

double few_effective_samples(std::int64_t samples) {
  return std::max(10.0, std::sqrt(static_cast<double>(samples)));
}

}  // namespace spvae
