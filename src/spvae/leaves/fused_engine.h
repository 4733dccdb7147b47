#pragma once

#include <memory>

#include "spvae/leaves/leaf_engine.h"

namespace spvae {

/// Rows whose multiplier is at most this share of their leaf's largest are left out of the
/// gradient: they vanish in float32 (docs/kernels.md).
inline constexpr float kNegligibleRow = 1e-12f;

/// The SIMD engine (docs/kernels.md). bank and pool must outlive it. The same bits for any number
/// of threads and on every target with fused multiply-add. A negative negligible_row leaves out no
/// row at all.
std::unique_ptr<LeafEngine> make_fused_engine(const LeafBank& bank, ThreadPool& pool,
                                              float negligible_row = kNegligibleRow);

}  // namespace spvae
