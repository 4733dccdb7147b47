#pragma once

#include <memory>
#include <span>

#include "spvae/leaves/leaf_engine.h"

namespace spvae {

/// The slow twin: plain loops in double over leaf_reference.h; the specification of the fused
/// engine. bank and pool must outlive it.
std::unique_ptr<LeafEngine> make_reference_engine(const LeafBank& bank, ThreadPool& pool);

/// LeafEngine::log_weights in double. magnitude [L, samples, stride], if not empty, receives the
/// sums of the magnitudes of the terms, to which errors are related. Lanes ≥ batch.size repeat lane
/// batch.size − 1.
void reference_log_weights(const LeafBank& bank, std::span<const float> parameters,
                           const Batch& batch, const NoiseKey& noise, int first_sample, int samples,
                           ThreadPool& pool, std::span<double> log_weight,
                           std::span<double> magnitude = {});

/// LeafEngine::backward in double; grad [parameters].
void reference_gradient(const LeafBank& bank, std::span<const float> parameters, const Batch& batch,
                        const NoiseKey& noise, int samples, const RowGradient& row_gradient,
                        ThreadPool& pool, std::span<double> grad);

}  // namespace spvae
