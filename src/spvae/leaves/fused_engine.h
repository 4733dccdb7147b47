#pragma once

#include <memory>

#include "spvae/leaves/leaf_engine.h"

namespace spvae {

/// The SIMD engine (docs/kernels.md). bank and pool must outlive it. The same bits for any number
/// of threads and on every target with fused multiply-add.
std::unique_ptr<LeafEngine> make_fused_engine(const LeafBank& bank, ThreadPool& pool);

}  // namespace spvae
