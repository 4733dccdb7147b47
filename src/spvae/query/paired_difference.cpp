#include "spvae/query/paired_difference.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <vector>

#include "spvae/core/sample_statistics.h"

namespace spvae {

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b) {
  const std::size_t size = std::min(a.size(), b.size());
  assert(size >= 2);
  std::vector<double> differences(size);
  for (std::size_t i = 0; i < size; ++i) differences[i] = a[i] - b[i];
  const SampleStatistics statistics = sample_statistics(differences);
  return {.images = static_cast<int>(size),
          .mean = statistics.mean,
          .standard_error = statistics.standard_error};
}

}  // namespace spvae
