#include "spvae/pass/pass.h"

#include <algorithm>

#include "spvae/core/index.h"
#include "spvae/leaves/importance.h"
#include "spvae/model/data_units.h"

namespace spvae {
namespace {

// Samples between two calls of the observer.
constexpr int kSamplesPerCall = 16 * kStatisticsStep;

bool add_statistics(const Spvae& model, const Batch& batch, const PassSettings& settings,
                    LeafEngine& engine, const SamplingObserver& sampling,
                    WeightStatistics& statistics) {
  statistics.reset(engine.leaves(), engine.leaves_of_expert(), batch.stride);
  while (statistics.samples < settings.samples) {
    const auto step = static_cast<int>(
        std::min<std::int64_t>(kSamplesPerCall, settings.samples - statistics.samples));
    engine.add_statistics(model.parameters(), batch, settings.noise, step, statistics);
    const double share = static_cast<double>(statistics.samples) / settings.samples;
    if (sampling && !sampling(share)) return false;
  }
  return true;
}

}  // namespace

bool run_pass(const Spvae& model, const Batch& batch, const PassSettings& settings,
              LeafEngine& engine, ThreadPool& pool, Pass& pass, const SamplingObserver& sampling,
              const StepObserver& observer) {
  const auto done = [&observer](StepPart part) {
    if (observer) observer(part);
  };
  const Circuit& circuit = model.circuit();
  const std::size_t cells = index(circuit.leaves()) * index(batch.stride);
  pass.leaf_values.resize(cells);
  // Each leaf's own bound, from samples of its code.
  if (settings.keeps_weights) {
    pass.log_weights.resize(cells * index(settings.samples));
    pass.normalised_weights.resize(pass.log_weights.size());
    engine.log_weights(model.parameters(), batch, settings.noise, 0, settings.samples,
                       pass.log_weights);
    done(StepPart::kLeavesForward);
    importance_weights(pass.log_weights, circuit.leaves(), settings.samples, batch.stride, pool,
                       pass.leaf_values, pass.normalised_weights);
  } else {
    if (!add_statistics(model, batch, settings, engine, sampling, pass.statistics)) return false;
    done(StepPart::kLeavesForward);
    leaf_elbo(pass.statistics, pass.leaf_values);
  }
  take_data_units(model, batch, pass.leaf_values);
  done(StepPart::kImportance);
  // The circuit above them: its value, and how much each leaf answers for it.
  circuit.forward(model.logits(), pass.leaf_values, batch.stride, pool, pass.trace);
  if (settings.has_responsibilities) {
    pass.responsibilities.resize(cells);
    pass.grad_logits.resize(circuit.sum_weights());
    circuit.backward(pass.trace, batch.size, pool, pass.responsibilities, pass.grad_logits);
  }
  done(StepPart::kCircuit);
  return true;
}

}  // namespace spvae
