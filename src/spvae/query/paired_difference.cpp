#include "spvae/query/paired_difference.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>

namespace spvae {

PairedDifference paired_difference(std::span<const double> a, std::span<const double> b) {
  const std::size_t size = std::min(a.size(), b.size());
  assert(size >= 2);
  const auto count = static_cast<double>(size);
  PairedDifference pair{.images = static_cast<int>(size)};
  for (std::size_t i = 0; i < size; ++i) pair.mean += (a[i] - b[i]) / count;
  double squares = 0;
  for (std::size_t i = 0; i < size; ++i) {
    const double deviation = a[i] - b[i] - pair.mean;
    squares += deviation * deviation;
  }
  pair.standard_error = std::sqrt(squares / (count - 1) / count);
  return pair;
}

}  // namespace spvae
