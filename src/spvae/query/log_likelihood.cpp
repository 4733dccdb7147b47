#include "spvae/query/log_likelihood.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

#include "spvae/core/index.h"
#include "spvae/core/median.h"
#include "spvae/core/sample_statistics.h"
#include "spvae/kernels/kernels.h"
#include "spvae/query/effective_samples.h"

namespace spvae {
namespace {

/// Whether a leaf has both pixels that are observed and pixels that are missing.
bool has_partial_leaf(const Spvae& model, const Batch& batch, std::size_t lane) {
  if (batch.observed.empty()) return false;
  const LeafBank& bank = model.leaves();
  for (int leaf = 0; leaf < bank.leaves(); ++leaf) {
    std::size_t observed = 0;
    for (const std::int32_t variable : bank.scope(leaf)) {
      const auto at = static_cast<std::size_t>(variable) * static_cast<std::size_t>(batch.stride);
      observed += batch.observed[at + lane] != 0.0f ? 1 : 0;
    }
    if (observed > 0 && observed < bank.scope(leaf).size()) return true;
  }
  return false;
}

// Σᵢ(Σⱼ rⱼ·w̃ⱼᵢ)² − (Σⱼ rⱼ)²/samples of the leaves j of each expert, which share their samples i, w̃ⱼ
// normalised weights: estimated from how the blocks of samples differ.
double shared_variance(const Evidence& evidence, int leaves_of_expert, std::size_t lane) {
  const WeightStatistics& statistics = evidence.statistics;
  const std::size_t stride = index(statistics.stride);
  const auto samples = static_cast<double>(statistics.samples);
  const auto blocks =
      static_cast<double>(std::min<std::int64_t>(statistics.samples, kernels::kBlocks));
  double variance = 0;
  for (int first = 0; first < statistics.leaves; first += leaves_of_expert) {
    for (int b = 0; b < static_cast<int>(blocks); ++b) {
      const double expected = std::ceil((samples - b) / kernels::kBlocks) / samples;
      double difference = 0;  // of the block's weights from those of as many samples
      for (int leaf = first; leaf < first + leaves_of_expert; ++leaf) {
        const std::size_t i = index(leaf) * stride + lane;
        const std::size_t block =
            (index(leaf) * std::size_t{kernels::kBlocks} + index(b)) * stride + lane;
        const double share = static_cast<double>(statistics.block_sum[block]) / statistics.sum[i];
        difference += evidence.responsibilities[i] * (share - expected);
      }
      variance += difference * difference;
    }
  }
  // Of fewer blocks than samples, the mean over blocks is estimated as well.
  return samples > blocks ? variance * blocks / (blocks - 1) : variance;
}

}  // namespace

double known_error(const ImageScore& score) {
  return score.is_reliable ? std::sqrt(score.monte_carlo_variance)
                           : std::numeric_limits<double>::quiet_NaN();
}

double likelihood_regret(const Evidence& evidence, int lane) {
  const auto at = static_cast<std::size_t>(lane);
  assert(at < evidence.pilot_bound.size());
  if (is_empty(evidence.batch, at)) return 0;
  return evidence.trace.root()[at] - evidence.pilot_bound[at];
}

ImageScore score_of(const Spvae& model, const Evidence& evidence, int lane) {
  const WeightStatistics& statistics = evidence.statistics;
  const auto at = static_cast<std::size_t>(lane);
  const auto samples = static_cast<double>(statistics.samples);
  ImageScore score{.log_likelihood = evidence.trace.root()[at], .effective_samples = samples};
  if (is_empty(evidence.batch, at)) return score;
  const int leaves_of_expert = model.leaves().leaves_of_expert();
  std::vector<double> concentrations;
  std::vector<double> responsibilities;
  for (int leaf = 0; leaf < statistics.leaves; ++leaf) {
    const std::size_t i =
        static_cast<std::size_t>(leaf) * static_cast<std::size_t>(statistics.stride) + at;
    const double r = evidence.responsibilities[i];
    const double concentration =
        statistics.sum_squares[i] / (statistics.sum[i] * statistics.sum[i]);
    const double spread = concentration - 1.0 / samples;
    if (statistics.block_sum.empty()) {
      score.monte_carlo_variance += r * r * std::max(0.0, spread);  // rounding may leave −1e-19
    }
    concentrations.push_back(concentration);
    responsibilities.push_back(r);
  }
  if (!statistics.block_sum.empty()) {
    score.monte_carlo_variance = shared_variance(evidence, leaves_of_expert, at);
  }
  score.effective_samples = effective_samples(concentrations, responsibilities,
                                              model.circuit().k_leaf(), leaves_of_expert);
  if (statistics.samples == 1) {
    score.monte_carlo_variance = std::numeric_limits<double>::quiet_NaN();
  }
  const bool is_bounded = evidence.prior_share > 0 || !has_partial_leaf(model, evidence.batch, at);
  score.is_reliable =
      is_bounded && score.effective_samples >= few_effective_samples(statistics.samples);
  return score;
}

std::vector<ImageScore> log_likelihood(const Spvae& model, const ImageSet& images, int samples,
                                       const NoiseKey& noise, LeafEngine& engine, ThreadPool& pool,
                                       const EvaluationObserver& observer) {
  return log_likelihood(model, images, {.samples = samples, .noise = noise}, engine, pool,
                        observer);
}

std::vector<ImageScore> log_likelihood(const Spvae& model, const ImageSet& images,
                                       const Sampling& sampling, LeafEngine& engine,
                                       ThreadPool& pool, const EvaluationObserver& observer) {
  std::vector<ImageScore> scores;
  scores.reserve(static_cast<std::size_t>(images.count()));
  for_each_batch(model, images, sampling, engine, pool, observer, [&](const Evidence& evidence) {
    for (int lane = 0; lane < evidence.batch.size; ++lane) {
      scores.push_back(score_of(model, evidence, lane));
    }
  });
  return scores;
}

ScoreSummary summarise(std::span<const ImageScore> scores) {
  assert(!scores.empty());
  double variance = 0;
  int unreliable = 0;
  std::vector<double> values;
  std::vector<double> effective;
  for (const ImageScore& score : scores) {
    variance += known_error(score) * known_error(score);
    unreliable += score.is_reliable ? 0 : 1;
    values.push_back(score.log_likelihood);
    effective.push_back(score.effective_samples);
  }
  const SampleStatistics statistics = sample_statistics(values);
  const auto images = static_cast<int>(scores.size());
  return {.images = images,
          .log_likelihood = statistics.mean,
          .standard_error = statistics.standard_error,
          .monte_carlo_error = std::sqrt(variance) / images,
          .effective_samples = median(std::move(effective)),
          .unreliable_images = unreliable};
}

double bits_per_dimension(double log_likelihood, double variables) {
  if (variables == 0) return std::numeric_limits<double>::quiet_NaN();
  return -log_likelihood / (variables * std::numbers::ln2);
}

}  // namespace spvae
