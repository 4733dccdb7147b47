#include "spvae/query/evidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "spvae/core/error.h"
#include "spvae/kernels/kernels.h"
#include "spvae/model/data_units.h"

namespace spvae {
namespace {

// log 1, where the sum over a sum's rounded weights may be off by one in the last place.
void set_empty_images_to_zero(Evidence& evidence) {
  const auto stride = static_cast<std::size_t>(evidence.batch.stride);
  for (std::size_t lane = 0; lane < stride; ++lane) {
    if (is_empty(evidence.batch, lane)) evidence.trace.root()[lane] = 0;
  }
}

void check_finite(const Spvae& model, const Batch& batch, std::span<const double> log_likelihoods) {
  const char* const what = model.config().columns.thing();
  for (std::size_t lane = 0; lane < static_cast<std::size_t>(batch.size); ++lane) {
    if (std::isfinite(log_likelihoods[lane])) continue;
    fail(ErrorKind::kNumerical,
         "the log-likelihood of {} {} is {}, expected a finite number; the model's parameters or "
         "the "
         "{} are out of range",
         what, batch.indices[lane], log_likelihoods[lane], what);
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

bool gather_evidence(const Spvae& model, const ImageSet& images,
                     std::span<const std::uint32_t> rows, const Sampling& sampling,
                     LeafEngine& engine, ThreadPool& pool, const SamplingObserver& observer,
                     Evidence& evidence) {
  if (sampling.samples < 1) {
    fail(ErrorKind::kUsage, "samples: got {}, expected at least 1", sampling.samples);
  }
  evidence.prior_share = sampling.noise.prior_share;
  gather_model_batch(model, images, rows, sampling.imputation, evidence.batch);
  const PassSettings settings{.samples = sampling.samples,
                              .noise = sampling.noise,
                              .keeps_weights = sampling.keeps_weights,
                              .sampler = sampling.sampler};
  if (!run_pass(model, evidence.batch, settings, engine, pool, evidence, observer)) return false;
  check_finite(model, evidence.batch, evidence.trace.root());
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
