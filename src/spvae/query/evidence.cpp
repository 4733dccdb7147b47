#include "spvae/query/evidence.h"

#include <algorithm>
#include <cmath>

#include "spvae/core/error.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/importance.h"

namespace spvae {
namespace {

// Samples between two calls of the observer.
constexpr int kSamplesPerCall = 16 * kStatisticsStep;

void check_finite(const Evidence& evidence) {
  for (int lane = 0; lane < evidence.batch.size; ++lane) {
    const double bound = evidence.trace.root()[static_cast<std::size_t>(lane)];
    if (std::isfinite(bound)) continue;
    fail(ErrorKind::kNumerical,
         "the log-likelihood of image {} is {}, expected a finite number; the model's parameters "
         "or the image are out of range",
         evidence.batch.indices[static_cast<std::size_t>(lane)], bound);
  }
}

// log 1, where the sum over a sum's rounded weights may be off by one in the last place.
void set_empty_images_to_zero(const Spvae& model, Evidence& evidence) {
  const Batch& batch = evidence.batch;
  const auto stride = static_cast<std::size_t>(batch.stride);
  for (std::size_t lane = 0; lane < stride && !batch.observed.empty(); ++lane) {
    bool is_empty = true;
    for (std::size_t at = lane; at < batch.observed.size(); at += stride) {
      is_empty = is_empty && batch.observed[at] == 0.0f;
    }
    if (is_empty) {
      evidence.trace.values[static_cast<std::size_t>(model.circuit().root()) * stride + lane] = 0;
    }
  }
}

}  // namespace

bool gather_evidence(const Spvae& model, const ImageSet& images,
                     std::span<const std::uint32_t> rows, const Sampling& sampling,
                     LeafEngine& engine, ThreadPool& pool, const SamplingObserver& observer,
                     Evidence& evidence) {
  if (sampling.samples < 1) {
    fail(ErrorKind::kUsage, "samples: got {}, expected at least 1", sampling.samples);
  }
  Batch& batch = evidence.batch;
  gather_batch(images, rows, batch);
  impute(model.graph(), sampling.imputation, batch);
  WeightStatistics& statistics = evidence.statistics;
  statistics.reset(engine.leaves(), batch.stride);
  while (statistics.samples < sampling.samples) {
    const auto step = static_cast<int>(
        std::min<std::int64_t>(kSamplesPerCall, sampling.samples - statistics.samples));
    engine.add_statistics(model.parameters(), batch, sampling.noise, step, statistics);
    const double share = static_cast<double>(statistics.samples) / sampling.samples;
    if (observer && !observer(share)) return false;
  }
  const std::size_t cells =
      static_cast<std::size_t>(statistics.leaves) * static_cast<std::size_t>(batch.stride);
  evidence.leaf_values.resize(cells);
  evidence.responsibilities.resize(cells);
  leaf_elbo(statistics, evidence.leaf_values);
  std::vector<float> grad_logits(model.circuit().sum_weights());
  model.circuit().forward(model.logits(), evidence.leaf_values, batch.stride, pool, evidence.trace);
  model.circuit().backward(evidence.trace, batch.size, pool, evidence.responsibilities,
                           grad_logits);
  set_empty_images_to_zero(model, evidence);
  check_finite(evidence);
  return true;
}

int images_per_batch(const ThreadPool& pool) {
  return kernels::kTile * std::max(4, 2 * pool.threads());
}

}  // namespace spvae
