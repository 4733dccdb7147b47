#include "spvae/train/objective.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "spvae/core/index.h"
#include "spvae/leaves/importance.h"
#include "spvae/leaves/imputation.h"
#include "spvae/model/data_units.h"

namespace spvae {
namespace {

/// Images of a validation batch. Part of the order of sums, hence of the bits.
constexpr int kValidationBatch = 256;

double sum_of_first(std::span<const double> values, int count) {
  const auto first = values.first(static_cast<std::size_t>(count));
  return std::accumulate(first.begin(), first.end(), 0.0);
}

}  // namespace

void gather_training_batch(const Spvae& model, const ImageSet& images,
                           std::span<const std::uint32_t> rows, Batch& batch, ThreadPool* pool) {
  gather_model_batch(model, images, rows, Imputation::kPatchMean, batch, pool);
}

Objective::Objective(const Spvae& model, const Estimator& estimator, LeafEngine& engine,
                     ThreadPool& pool)
    : model_(model), estimator_(estimator), engine_(engine), pool_(pool) {}

double Objective::value_and_gradient(const Batch& batch, const NoiseKey& noise,
                                     std::span<float> grad, const StepObserver& observer) {
  const auto done = [&observer](StepPart part) {
    if (observer) observer(part);
  };
  const int samples = estimator_.samples;
  run_pass(model_, batch, {.samples = samples, .noise = noise, .keeps_weights = true}, engine_,
           pool_, pass_, {}, observer);
  // Back through the leaves, each sample by its share.
  const float scale = 1.0f / static_cast<float>(batch.size);
  row_gradient_.resize(pass_.normalised_weights.size());
  row_gradient(pass_.responsibilities, pass_.normalised_weights, model_.circuit().leaves(), samples,
               batch.stride, scale, pool_, row_gradient_);
  const bool is_doubly_reparametrised = estimator_.gradient == GradientEstimator::kDreg;
  if (is_doubly_reparametrised || estimator_.thinning > 0) {
    const int experts = model_.leaves().experts();
    shares_.resize(row_gradient_.size() / index(model_.leaves().leaves_of_expert()));
    row_shares(row_gradient_, experts, samples, batch.stride, scale, pool_, shares_);
    if (estimator_.thinning > 0) {
      thin_rows(shares_, experts, samples, batch, noise, estimator_.thinning, pool_, row_gradient_);
    }
  }
  done(StepPart::kImportance);
  engine_.backward(model_.parameters(), batch, noise, samples,
                   {row_gradient_, is_doubly_reparametrised ? std::span<const float>(shares_)
                                                            : std::span<const float>()},
                   grad);
  done(StepPart::kLeavesBackward);
  std::ranges::transform(pass_.grad_logits, grad.last(pass_.grad_logits.size()).begin(),
                         [scale](float gradient) { return gradient * scale; });
  done(StepPart::kCircuit);
  return sum_of_first(pass_.trace.root(), batch.size) / batch.size;
}

double mean_bound(const Spvae& model, const ImageSet& images, int samples, const NoiseKey& noise,
                  LeafEngine& engine, ThreadPool& pool) {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(images.count()));
  std::iota(rows.begin(), rows.end(), 0u);
  Batch batch;
  Pass pass;
  double sum = 0;
  for (std::size_t first = 0; first < rows.size(); first += kValidationBatch) {
    const std::size_t size = std::min<std::size_t>(kValidationBatch, rows.size() - first);
    gather_training_batch(model, images, std::span(rows).subspan(first, size), batch);
    run_pass(model, batch, {.samples = samples, .noise = noise, .has_responsibilities = false},
             engine, pool, pass);
    sum += sum_of_first(pass.trace.root(), batch.size);
  }
  return sum / images.count();
}

}  // namespace spvae
