#include "spvae/core/sample_statistics.h"

#include <cassert>
#include <cmath>

namespace spvae {

SampleStatistics sample_statistics(std::span<const double> values) {
  assert(!values.empty());
  const auto count = static_cast<double>(values.size());
  SampleStatistics statistics{.count = values.size()};
  for (const double value : values) statistics.mean += value / count;
  double squares = 0;
  for (const double value : values) {
    squares += (value - statistics.mean) * (value - statistics.mean);
  }
  const double variance = squares / (count - 1);
  statistics.standard_deviation = std::sqrt(variance);
  statistics.standard_error = std::sqrt(variance / count);
  return statistics;
}

}  // namespace spvae
