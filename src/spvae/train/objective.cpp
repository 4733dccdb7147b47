#include "spvae/train/objective.h"

#include <algorithm>
#include <numeric>
#include <vector>

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

Objective::Objective(const Spvae& model, int samples, LeafEngine& engine, ThreadPool& pool)
    : model_(model), samples_(samples), engine_(engine), pool_(pool) {}

double Objective::value_and_gradient(const Batch& batch, const NoiseKey& noise,
                                     std::span<float> grad, const StepObserver& observer) {
  const auto done = [&observer](StepPart part) {
    if (observer) observer(part);
  };
  const int leaves = model_.circuit().leaves();
  const std::size_t cells =
      static_cast<std::size_t>(leaves) * static_cast<std::size_t>(batch.stride);
  const std::size_t rows = cells * static_cast<std::size_t>(samples_);
  log_weight_.resize(rows);
  normalised_weight_.resize(rows);
  row_gradient_.resize(rows);
  leaf_elbo_.resize(cells);
  responsibility_.resize(cells);
  const float scale = 1.0f / static_cast<float>(batch.size);
  const std::span<float> grad_logits = grad.last(model_.logits().size());

  // Each leaf's own bound, from k samples of its code.
  engine_.log_weights(model_.parameters(), batch, noise, 0, samples_, log_weight_);
  done(StepPart::kLeavesForward);
  importance_weights(log_weight_, leaves, samples_, batch.stride, pool_, leaf_elbo_,
                     normalised_weight_);
  take_data_units(model_, batch, leaf_elbo_);
  done(StepPart::kImportance);
  // The circuit above them: its value, and how much each leaf answers for it.
  model_.circuit().forward(model_.logits(), leaf_elbo_, batch.stride, pool_, trace_);
  model_.circuit().backward(trace_, batch.size, pool_, responsibility_, grad_logits);
  done(StepPart::kCircuit);
  // Back through the leaves, each sample by its share.
  row_gradient(responsibility_, normalised_weight_, leaves, samples_, batch.stride, scale,
               row_gradient_);
  done(StepPart::kImportance);
  engine_.backward(model_.parameters(), batch, noise, samples_, row_gradient_, grad);
  done(StepPart::kLeavesBackward);
  for (float& gradient : grad_logits) gradient *= scale;
  done(StepPart::kCircuit);

  return sum_of_first(trace_.root(), batch.size) / batch.size;
}

double mean_bound(const Spvae& model, const ImageSet& images, int samples, const NoiseKey& noise,
                  LeafEngine& engine, ThreadPool& pool) {
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(images.count()));
  std::iota(rows.begin(), rows.end(), 0u);
  Batch batch;
  WeightStatistics statistics;
  AlignedVector<double> leaf_values;
  Circuit::Trace trace;
  double sum = 0;
  for (std::size_t first = 0; first < rows.size(); first += kValidationBatch) {
    const std::size_t size = std::min<std::size_t>(kValidationBatch, rows.size() - first);
    gather_training_batch(model, images, std::span(rows).subspan(first, size), batch);
    engine.statistics(model.parameters(), batch, noise, samples, statistics);
    leaf_values.resize(static_cast<std::size_t>(statistics.leaves) *
                       static_cast<std::size_t>(statistics.stride));
    leaf_elbo(statistics, leaf_values);
    take_data_units(model, batch, leaf_values);
    model.circuit().forward(model.logits(), leaf_values, batch.stride, pool, trace);
    sum += sum_of_first(trace.root(), batch.size);
  }
  return sum / images.count();
}

}  // namespace spvae
