#include "spvae/pass/pass.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/importance.h"
#include "spvae/model/data_units.h"

namespace spvae {
namespace {

// Samples between two calls of the observer.
constexpr int kSamplesPerCall = 16 * kStatisticsStep;

bool add_statistics(const Spvae& model, const Batch& batch, const PassSettings& settings,
                    LeafEngine& engine, const SamplingObserver& sampling,
                    WeightStatistics& statistics) {
  // Where rows come from two densities by turns, their blocks tell the variance.
  const bool has_blocks = engine.leaves_of_expert() > 1 || settings.sampler == Sampler::kLaplace;
  statistics.reset(engine.leaves(), has_blocks, batch.stride);
  while (statistics.samples < settings.samples) {
    const auto step = static_cast<int>(
        std::min<std::int64_t>(kSamplesPerCall, settings.samples - statistics.samples));
    engine.add_statistics(model.parameters(), batch, settings.noise, step, statistics);
    const double share = static_cast<double>(statistics.samples) / settings.samples;
    if (sampling && !sampling(share)) return false;
  }
  return true;
}

// What a pilot pass with its weights kept says: PilotView's two parts.
void view_pilot(const Pass& pilot, const LeafEngine& engine, int samples, std::size_t stride,
                int starts, std::vector<float>& log_leaf_weight, std::vector<int>& best_samples) {
  const std::size_t count = index(engine.leaves_of_expert());
  const std::size_t experts = index(engine.leaves()) / count;
  log_leaf_weight.resize(index(engine.leaves()) * stride);
  best_samples.resize(experts * index(starts) * stride);
  std::vector<double> share(index(samples));
  for (std::size_t i = 0; i < experts * stride; ++i) {
    const std::size_t first = i / stride * count;
    const std::size_t lane = i % stride;
    double largest = -std::numeric_limits<double>::infinity();
    std::ranges::fill(share, 0.0);
    for (std::size_t leaf = first; leaf < first + count; ++leaf) {
      const double responsibility = pilot.responsibilities[leaf * stride + lane];
      largest =
          std::max(largest, std::log(responsibility) - pilot.leaf_values[leaf * stride + lane]);
      for (std::size_t s = 0; s < share.size(); ++s) {
        const std::size_t row = (leaf * index(samples) + s) * stride + lane;
        share[s] += (count == 1 ? 1.0 : responsibility) *
                    static_cast<double>(pilot.normalised_weights[row]);
      }
    }
    for (std::size_t start = 0; start < index(starts); ++start) {
      const auto best = std::ranges::max_element(share);
      best_samples[(i / stride * index(starts) + start) * stride + lane] =
          static_cast<int>(best - share.begin());
      *best = -1;
    }
    for (std::size_t leaf = first; leaf < first + count; ++leaf) {
      const std::size_t at = leaf * stride + lane;
      const double log_weight =
          std::log(pilot.responsibilities[at]) - pilot.leaf_values[at] - largest;
      // Of an expert that the image does not speak for, all leaves alike.
      const bool is_known = largest > -std::numeric_limits<double>::infinity();
      log_leaf_weight[at] =
          is_known ? std::max(static_cast<float>(log_weight), kernels::kLogOfNever) : 0.0f;
    }
  }
}

// LaplaceProposals of a batch, from a pilot whose samples are not used again.
void seek_proposals(const Spvae& model, const Batch& batch, const PassSettings& settings,
                    LeafEngine& engine, ThreadPool& pool, LaplaceProposals& proposals) {
  PassSettings of_pilot = settings;
  const bool is_partial = !batch.observed.empty();
  of_pilot.samples = is_partial ? kPilotSamplesOfParts : kPilotSamples;
  of_pilot.noise.purpose = Purpose::kPilot;
  of_pilot.sampler = Sampler::kEncoder;
  of_pilot.keeps_weights = true;
  of_pilot.has_responsibilities = true;
  Pass pilot;
  run_pass(model, batch, of_pilot, engine, pool, pilot);
  const LeafBank& bank = model.leaves();
  std::vector<float> log_leaf_weight;
  std::vector<int> best_samples;
  const int modes = is_partial ? kModesOfParts : 1;
  view_pilot(pilot, engine, of_pilot.samples, index(batch.stride), modes, log_leaf_weight,
             best_samples);
  proposals.reset(bank.experts(), modes, bank.config().latent, batch.stride);
  engine.refine(model.parameters(), batch, of_pilot.noise,
                {.log_leaf_weight = log_leaf_weight, .starts = modes, .best_samples = best_samples},
                proposals);
}

}  // namespace

bool run_pass(const Spvae& model, const Batch& batch, const PassSettings& asked, LeafEngine& engine,
              ThreadPool& pool, Pass& pass, const SamplingObserver& sampling,
              const StepObserver& observer) {
  PassSettings settings = asked;
  if (settings.sampler == Sampler::kLaplace) {
    if (sampling && !sampling(0)) return false;
    seek_proposals(model, batch, settings, engine, pool, pass.laplace);
    settings.noise.laplace = &pass.laplace;
  }
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
