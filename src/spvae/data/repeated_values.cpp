#include "spvae/data/repeated_values.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <vector>

namespace spvae {
namespace {

std::size_t count_constants(std::span<const float> values, std::size_t variables) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> least(variables, infinity);
  std::vector<float> greatest(variables, -infinity);
  std::vector<std::size_t> images(variables);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    const std::size_t v = i % variables;
    least[v] = std::min(least[v], values[i]);
    greatest[v] = std::max(greatest[v], values[i]);
    ++images[v];
  }
  std::size_t constants = 0;
  for (std::size_t v = 0; v < variables; ++v) {
    constants += images[v] > 1 && least[v] == greatest[v] ? 1 : 0;
  }
  return constants;
}

double repeated_share(std::span<const float> values) {
  constexpr std::size_t kEnough = std::size_t{1} << 20;
  // Two of many floats are equal by chance; three hardly ever.
  constexpr std::ptrdiff_t kTimes = 3;
  const std::size_t step = values.size() / kEnough + 1;
  std::vector<float> sorted;
  for (std::size_t i = 0; i < values.size(); i += step) {
    if (!std::isnan(values[i])) sorted.push_back(values[i]);
  }
  if (sorted.empty()) return 0;
  std::ranges::sort(sorted);
  std::ptrdiff_t repeated = 0;
  for (auto first = sorted.begin(); first != sorted.end();) {
    const auto last = std::upper_bound(first, sorted.end(), *first);
    if (last - first >= kTimes) repeated += last - first;
    first = last;
  }
  return static_cast<double>(repeated) / static_cast<double>(sorted.size());
}

}  // namespace

RepeatedValues repeated_values(std::span<const float> values, std::size_t variables) {
  assert(variables > 0 && values.size() % variables == 0);
  return {.constants = count_constants(values, variables), .share = repeated_share(values)};
}

}  // namespace spvae
