#pragma once

namespace spvae {

/// Which nodes of a partition's two sides are multiplied: all pairs of them (TP19 Section 3.3), or
/// those of equal number alone (the CP layer of Loconte et al., 2024: every side is first mixed by
/// sums of its own).
enum class Product { kCross = 0, kElementwise = 1 };

}  // namespace spvae
