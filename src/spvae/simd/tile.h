#pragma once

namespace spvae::kernels {

/// Rows of a tile, on every target: part of the order of sums, hence of the bits.
inline constexpr int kTile = 32;

}  // namespace spvae::kernels
