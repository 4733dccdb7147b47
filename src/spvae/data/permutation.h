#pragma once

#include <cstdint>
#include <vector>

#include "spvae/core/random.h"

namespace spvae {

/// A permutation of 0 … count − 1, uniform and determined by `address` alone. Fisher-Yates from the
/// identity: for i = count − 1 down to 1, swap elements i and random_below(address, i, i + 1).
/// count ≤ 2^26 (the dimensions of one address).
std::vector<std::uint32_t> random_permutation(const RandomAddress& address, std::uint32_t count);

}  // namespace spvae
