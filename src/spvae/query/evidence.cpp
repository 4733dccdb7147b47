#include "spvae/query/evidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "spvae/core/error.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/importance.h"
#include "spvae/model/data_units.h"

namespace spvae {
namespace {

// Samples between two calls of the observer.
constexpr int kSamplesPerCall = 16 * kStatisticsStep;

// log 1, where the sum over a sum's rounded weights may be off by one in the last place.
void set_empty_images_to_zero(Evidence& evidence) {
  const auto stride = static_cast<std::size_t>(evidence.batch.stride);
  for (std::size_t lane = 0; lane < stride; ++lane) {
    if (is_empty(evidence.batch, lane)) evidence.trace.root()[lane] = 0;
  }
}

void check_finite(const Batch& batch, std::span<const double> log_likelihoods) {
  for (std::size_t lane = 0; lane < static_cast<std::size_t>(batch.size); ++lane) {
    if (std::isfinite(log_likelihoods[lane])) continue;
    fail(ErrorKind::kNumerical,
         "the log-likelihood of image {} is {}, expected a finite number; the model's parameters "
         "or the image are out of range",
         batch.indices[lane], log_likelihoods[lane]);
  }
}

}  // namespace

bool is_empty(const Batch& batch, std::size_t lane) {
  if (batch.observed.empty()) return false;
  const auto stride = static_cast<std::size_t>(batch.stride);
  for (std::size_t at = lane; at < batch.observed.size(); at += stride) {
    if (batch.observed[at] != 0.0f) return false;
  }
  return true;
}

void weigh_trees(const Spvae& model, ThreadPool& pool, Evidence& evidence) {
  const Batch& batch = evidence.batch;
  evidence.responsibilities.resize(evidence.leaf_values.size());
  std::vector<float> grad_logits(model.circuit().sum_weights());
  model.circuit().forward(model.logits(), evidence.leaf_values, batch.stride, pool, evidence.trace);
  check_finite(batch, evidence.trace.root());
  model.circuit().backward(evidence.trace, batch.size, pool, evidence.responsibilities,
                           grad_logits);
}

bool gather_evidence(const Spvae& model, const ImageSet& images,
                     std::span<const std::uint32_t> rows, const Sampling& sampling,
                     LeafEngine& engine, ThreadPool& pool, const SamplingObserver& observer,
                     Evidence& evidence) {
  if (sampling.samples < 1) {
    fail(ErrorKind::kUsage, "samples: got {}, expected at least 1", sampling.samples);
  }
  Batch& batch = evidence.batch;
  evidence.prior_share = sampling.noise.prior_share;
  gather_model_batch(model, images, rows, sampling.imputation, batch);
  WeightStatistics& statistics = evidence.statistics;
  statistics.reset(engine.leaves(), engine.leaves_of_expert(), batch.stride);
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
  leaf_elbo(statistics, evidence.leaf_values);
  take_data_units(model, batch, evidence.leaf_values);
  weigh_trees(model, pool, evidence);
  set_empty_images_to_zero(evidence);
  return true;
}

void for_each_batch(const Spvae& model, const ImageSet& images, const Sampling& sampling,
                    LeafEngine& engine, ThreadPool& pool, const EvaluationObserver& observer,
                    const std::function<void(const Evidence&)>& visit) {
  check_images(images, model.config());
  // Enough tiles to keep every thread busy even where a model has a single leaf. Results do not
  // depend on it: images do not meet.
  const int size = kernels::kTile * std::max(4, 2 * pool.threads());
  const int total = images.count();
  Evidence evidence;
  std::vector<std::uint32_t> rows;
  for (int done = 0; done < total; done += evidence.batch.size) {
    rows.resize(static_cast<std::size_t>(std::min(size, total - done)));
    std::iota(rows.begin(), rows.end(), static_cast<std::uint32_t>(done));
    const auto count = static_cast<double>(rows.size());
    const bool was_done = gather_evidence(
        model, images, rows, sampling, engine, pool,
        [&](double share) { return !observer || observer(done + share * count, total); }, evidence);
    if (!was_done) {
      fail(ErrorKind::kInterrupted,
           "evaluation was stopped after {} of {} images; it begins anew next time, perhaps with "
           "fewer images or samples",
           done, total);
    }
    visit(evidence);
  }
}

}  // namespace spvae
