#pragma once

#include <memory>

#include "spvae/leaves/leaf_engine.h"

namespace spvae {

/// The slow twin: plain loops in double over leaf_reference.h; the specification of the fused
/// engine. bank and pool must outlive it.
std::unique_ptr<LeafEngine> make_reference_engine(const LeafBank& bank, ThreadPool& pool);

}  // namespace spvae
