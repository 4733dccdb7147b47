#include "spvae/data/permutation.h"

#include <cassert>
#include <numeric>
#include <utility>

namespace spvae {

std::vector<std::uint32_t> random_permutation(const RandomAddress& address, std::uint32_t count) {
  assert(count <= 1u << 26);
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  for (std::uint32_t i = count; i-- > 1;) {
    std::swap(order[i], order[random_below(address, i, i + 1)]);
  }
  return order;
}

}  // namespace spvae
