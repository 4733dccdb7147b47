#include "spvae/query/log_likelihood.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numbers>
#include <utility>

#include "spvae/core/median.h"
#include "spvae/core/sample_statistics.h"

namespace spvae {
namespace {

// Reads one image's column of the leaves' statistics and responsibilities, both [L, stride].
ImageScore score_of(double bound, const WeightStatistics& statistics,
                    std::span<const double> responsibilities, std::size_t lane) {
  ImageScore score{.log_likelihood = bound};
  double total = 0;
  for (int leaf = 0; leaf < statistics.leaves; ++leaf) {
    const std::size_t i =
        static_cast<std::size_t>(leaf) * static_cast<std::size_t>(statistics.stride) + lane;
    const double r = responsibilities[i];
    const double concentration =
        statistics.sum_squares[i] / (statistics.sum[i] * statistics.sum[i]);
    const double spread = concentration - 1.0 / static_cast<double>(statistics.samples);
    score.monte_carlo_variance += r * r * std::max(0.0, spread);  // rounding may leave −1e-19
    score.effective_samples += r / concentration;
    total += r;
  }
  score.effective_samples /= total;
  if (statistics.samples == 1) {
    score.monte_carlo_variance = std::numeric_limits<double>::quiet_NaN();
  }
  return score;
}

}  // namespace

ImageScore score_of(const Evidence& evidence, int lane) {
  const auto at = static_cast<std::size_t>(lane);
  return score_of(evidence.trace.root()[at], evidence.statistics, evidence.responsibilities, at);
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
  for_each_batch(model, images, sampling, engine, pool, observer,
                 [&scores](const Evidence& evidence) {
                   for (int lane = 0; lane < evidence.batch.size; ++lane) {
                     scores.push_back(score_of(evidence, lane));
                   }
                 });
  return scores;
}

ScoreSummary summarise(std::span<const ImageScore> scores) {
  assert(!scores.empty());
  double variance = 0;
  std::vector<double> values;
  std::vector<double> effective;
  for (const ImageScore& score : scores) {
    variance += score.monte_carlo_variance;
    values.push_back(score.log_likelihood);
    effective.push_back(score.effective_samples);
  }
  const SampleStatistics statistics = sample_statistics(values);
  return {.images = static_cast<int>(scores.size()),
          .log_likelihood = statistics.mean,
          .standard_error = statistics.standard_error,
          .monte_carlo_error = std::sqrt(variance) / static_cast<double>(scores.size()),
          .effective_samples = median(std::move(effective))};
}

double bits_per_dimension(double log_likelihood, double variables) {
  if (variables == 0) return std::numeric_limits<double>::quiet_NaN();
  return -log_likelihood / (variables * std::numbers::ln2);
}

}  // namespace spvae
