#pragma once

#include <memory>

#include "spvae/core/thread_pool.h"
#include "spvae/leaves/leaf_bank.h"
#include "spvae/leaves/leaf_engine.h"

namespace spvae {

/// Which implementation computes the leaves; named "fused" and "reference".
enum class Engine { kFused = 0, kReference = 1 };

/// bank and pool must outlive the engine.
std::unique_ptr<LeafEngine> make_engine(Engine engine, const LeafBank& bank, ThreadPool& pool);

}  // namespace spvae
