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
// Weights of a pilot that are kept at a time.
constexpr std::size_t kPilotFloats = std::size_t{8} << 20;
// Of the time of a pass that seeks proposals, roughly: what the observer is told.
constexpr double kShareOfSearch = 0.5;

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

// PilotView::log_leaf_weight of a pilot pass.
std::vector<float> leaf_weights(const Pass& pilot, std::span<const double> leaf_values,
                                int leaves_of_expert, std::size_t stride) {
  const std::size_t count = index(leaves_of_expert);
  std::vector<float> result(leaf_values.size());
  for (std::size_t i = 0; i < result.size() / count; ++i) {
    const std::size_t first = i / stride * count * stride + i % stride;
    const auto log_weight = [&](std::size_t at) {
      return std::log(pilot.responsibilities[at]) - leaf_values[at];
    };
    double largest = -std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < count; ++j) {
      largest = std::max(largest, log_weight(first + j * stride));
    }
    // Of an expert that the image does not speak for, all leaves alike.
    if (!std::isfinite(largest)) continue;
    for (std::size_t j = 0; j < count; ++j) {
      const std::size_t at = first + j * stride;
      result[at] = std::max(kernels::kLogOfNever, static_cast<float>(log_weight(at) - largest));
    }
  }
  return result;
}

// The share of the posterior that each of `all` samples with the pilot's noise has, [experts, all,
// stride], by the pilot's responsibilities: their weights a few at a time.
std::vector<double> sample_shares(const Spvae& model, const Batch& batch,
                                  const PassSettings& settings, int all, const Pass& pilot,
                                  std::span<const double> leaf_values, LeafEngine& engine,
                                  ThreadPool& pool) {
  const std::size_t stride = index(batch.stride);
  const std::size_t count = index(engine.leaves_of_expert());
  const int experts = model.leaves().experts();
  std::vector<double> shares(index(experts) * index(all) * stride);
  const int step =
      static_cast<int>(std::clamp<std::size_t>(kPilotFloats / leaf_values.size(), 1, index(all)));
  AlignedVector<float> log_weight(leaf_values.size() * index(step));
  for (int first = 0; first < all; first += step) {
    const int samples = std::min(step, all - first);
    engine.log_weights(model.parameters(), batch, settings.noise, first, samples, log_weight);
    pool.run(experts, [&](int expert, int) {
      for (std::size_t leaf = index(expert) * count; leaf < index(expert + 1) * count; ++leaf) {
        for (std::size_t row = 0; row < index(samples) * stride; ++row) {
          const std::size_t at = leaf * stride + row % stride;
          const double responsibility = count == 1 ? 1.0 : pilot.responsibilities[at];
          if (responsibility == 0 || !std::isfinite(leaf_values[at])) continue;
          const auto weight = static_cast<double>(log_weight[leaf * index(samples) * stride + row]);
          shares[(index(expert) * index(all) + index(first)) * stride + row] +=
              responsibility * std::exp(weight - leaf_values[at]);
        }
      }
    });
  }
  return shares;
}

// Of the first `among` samples that of the greatest share of each (expert, lane), which is taken
// out of the shares.
std::vector<int> take_best(std::vector<double>& shares, int samples, int among,
                           std::size_t stride) {
  std::vector<int> best(shares.size() / index(samples));
  for (std::size_t i = 0; i < best.size(); ++i) {
    double* const first = &shares[i / stride * index(samples) * stride + i % stride];
    for (int s = 1; s < among; ++s) {
      if (first[index(s) * stride] > first[index(best[i]) * stride]) best[i] = s;
    }
    first[index(best[i]) * stride] = -1;
  }
  return best;
}

// LaplaceProposals of a batch, from a pilot whose samples are not used again. False if the
// observer, which is told how much of the search is done, stopped it.
bool seek_proposals(const Spvae& model, const Batch& batch, const PassSettings& settings,
                    LeafEngine& engine, ThreadPool& pool, const SamplingObserver& observer,
                    LaplaceProposals& proposals, AlignedVector<double>& pilot_bound) {
  const auto goes_on = [&](double share) { return !observer || observer(share); };
  if (!goes_on(0)) return false;
  const bool is_partial = !batch.observed.empty();
  const int searches = is_partial ? kModesOfParts : 1;
  const int starts = is_partial ? kStartsOfParts : kPilotSamples;
  PassSettings of_pilot{.samples = kPilotSamples, .noise = settings.noise};
  of_pilot.noise.purpose = Purpose::kPilot;
  Pass pilot;
  run_pass(model, batch, of_pilot, engine, pool, pilot);
  pilot_bound.assign(pilot.trace.root().begin(), pilot.trace.root().end());
  std::vector<double> leaf_values(pilot.leaf_values.size());  // in the leaves' own units
  leaf_elbo(pilot.statistics, leaf_values);
  const std::size_t stride = index(batch.stride);
  const std::vector<float> log_leaf_weight =
      leaf_weights(pilot, leaf_values, engine.leaves_of_expert(), stride);
  std::vector<double> shares =
      sample_shares(model, batch, of_pilot, starts, pilot, leaf_values, engine, pool);
  proposals.reset(model.leaves().experts(), searches, model.leaves().config().latent, batch.stride);
  for (int search = 0; search < searches; ++search) {
    if (!goes_on(static_cast<double>(search) / searches)) return false;
    // The first search, the only one of whole leaves, does not depend on what others lack.
    const std::vector<int> samples =
        take_best(shares, starts, search == 0 ? kPilotSamples : starts, stride);
    engine.refine(model.parameters(), batch, of_pilot.noise,
                  {.log_leaf_weight = log_leaf_weight, .samples = samples, .is_first = search == 0},
                  proposals);
  }
  return true;
}

}  // namespace

bool run_pass(const Spvae& model, const Batch& batch, const PassSettings& asked, LeafEngine& engine,
              ThreadPool& pool, Pass& pass, const SamplingObserver& asking,
              const StepObserver& observer) {
  PassSettings settings = asked;
  SamplingObserver sampling = asking;
  if (settings.sampler == Sampler::kLaplace) {
    SamplingObserver searching;
    if (asking) {
      searching = [&](double share) { return asking(kShareOfSearch * share); };
      sampling = [&](double share) {
        return asking(kShareOfSearch + (1 - kShareOfSearch) * share);
      };
    }
    if (!seek_proposals(model, batch, settings, engine, pool, searching, pass.laplace,
                        pass.pilot_bound)) {
      return false;
    }
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
