#pragma once

#include <cstddef>

namespace spvae {

/// A count or position, which is not negative, as an index of standard containers.
constexpr std::size_t index(int i) { return static_cast<std::size_t>(i); }

}  // namespace spvae
