#pragma once

#include <cstddef>
#include <span>

namespace spvae {

/// Mean and spread of a sample.
struct SampleStatistics {
  std::size_t count = 0;
  double mean = 0;
  double standard_deviation = 0;  ///< over count − 1; NaN for a single value
  double standard_error = 0;      ///< of the mean; NaN for a single value
};

/// values must not be empty (assertion).
SampleStatistics sample_statistics(std::span<const double> values);

}  // namespace spvae
