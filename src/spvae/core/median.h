#pragma once

#include <algorithm>
#include <cassert>
#include <vector>

namespace spvae {

/// The middle value, or the mean of the two in the middle. values must not be empty.
inline double median(std::vector<double> values) {
  assert(!values.empty());
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : 0.5 * (values[half - 1] + values[half]);
}

}  // namespace spvae
