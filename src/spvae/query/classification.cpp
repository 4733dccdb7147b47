#include "spvae/query/classification.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

namespace spvae {
namespace {

std::span<const double> row(std::span<const double> matrix, std::size_t columns, std::size_t i) {
  return matrix.subspan(i * columns, columns);
}

std::size_t columns_of(std::span<const double> matrix, std::size_t rows) {
  assert(rows > 0 && matrix.size() % rows == 0);
  return matrix.size() / rows;
}

/// The derivative of the mean of −log p(label | x) by 1/temperature: the expected log p(x, c) under
/// the posterior, less that of the label. It rises with 1/temperature.
double slope(std::span<const double> log_joint, std::span<const int> labels, double temperature) {
  const std::size_t classes = columns_of(log_joint, labels.size());
  double sum = 0;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const double> scores = row(log_joint, classes, i);
    const double greatest = std::ranges::max(scores);
    double total = 0;
    double moment = 0;
    for (const double score : scores) {
      const double weight = std::exp((score - greatest) / temperature);
      total += weight;
      moment += weight * (score - greatest);
    }
    sum += moment / total - (scores[static_cast<std::size_t>(labels[i])] - greatest);
  }
  return sum;
}

}  // namespace

std::vector<double> log_joint(std::span<const double> log_likelihoods,
                              std::span<const double> priors) {
  assert(!priors.empty() && log_likelihoods.size() % priors.size() == 0);
  std::vector<double> joint(log_likelihoods.begin(), log_likelihoods.end());
  for (std::size_t i = 0; i < joint.size(); ++i) joint[i] += std::log(priors[i % priors.size()]);
  return joint;
}

std::vector<double> log_posteriors(std::span<const double> log_joint, std::size_t classes,
                                   double temperature) {
  assert(classes > 0 && log_joint.size() % classes == 0 && temperature > 0);
  std::vector<double> posteriors;
  posteriors.reserve(log_joint.size());
  for (std::size_t i = 0; i < log_joint.size() / classes; ++i) {
    const std::span<const double> scores = row(log_joint, classes, i);
    const double greatest = std::ranges::max(scores);
    double total = 0;
    for (const double score : scores) total += std::exp((score - greatest) / temperature);
    const double log_total = std::log(total);
    for (const double score : scores) {
      posteriors.push_back((score - greatest) / temperature - log_total);
    }
  }
  return posteriors;
}

std::optional<double> fit_temperature(std::span<const double> log_joint,
                                      std::span<const int> labels) {
  double low = kLeastTemperature;
  double high = kGreatestTemperature;
  if (slope(log_joint, labels, low) <= 0) return std::nullopt;
  if (slope(log_joint, labels, high) >= 0) return high;
  constexpr double kPrecision = 1e-12;
  while (high > low * (1 + kPrecision)) {
    const double middle = std::sqrt(low * high);
    (slope(log_joint, labels, middle) > 0 ? low : high) = middle;
  }
  return std::sqrt(low * high);
}

std::vector<int> most_probable_classes(std::span<const double> log_posteriors,
                                       std::size_t classes) {
  assert(classes > 0 && log_posteriors.size() % classes == 0);
  std::vector<int> best;
  for (std::size_t i = 0; i < log_posteriors.size() / classes; ++i) {
    const std::span<const double> scores = row(log_posteriors, classes, i);
    best.push_back(static_cast<int>(std::ranges::max_element(scores) - scores.begin()));
  }
  return best;
}

ClassificationQuality classification_quality(std::span<const double> log_posteriors,
                                             std::span<const int> labels) {
  const std::size_t classes = columns_of(log_posteriors, labels.size());
  const std::vector<int> best = most_probable_classes(log_posteriors, classes);
  const auto images = static_cast<double>(labels.size());
  ClassificationQuality quality;
  double right = 0;
  std::array<double, kCalibrationBins> excess{};  // right images less their probabilities, by bin
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::span<const double> scores = row(log_posteriors, classes, i);
    const double probability = std::exp(scores[static_cast<std::size_t>(best[i])]);
    const double is_right = best[i] == labels[i] ? 1 : 0;
    const int bin = static_cast<int>(std::ceil(probability * kCalibrationBins)) - 1;
    excess[static_cast<std::size_t>(std::clamp(bin, 0, kCalibrationBins - 1))] +=
        is_right - probability;
    right += is_right;
    quality.negative_log_likelihood -= scores[static_cast<std::size_t>(labels[i])] / images;
  }
  quality.accuracy = right / images;
  for (const double of_bin : excess) quality.calibration_error += std::abs(of_bin) / images;
  return quality;
}

std::vector<int> confusion_matrix(std::span<const double> log_posteriors,
                                  std::span<const int> labels) {
  const std::size_t classes = columns_of(log_posteriors, labels.size());
  const std::vector<int> best = most_probable_classes(log_posteriors, classes);
  std::vector<int> matrix(classes * classes);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    ++matrix[static_cast<std::size_t>(labels[i]) * classes + static_cast<std::size_t>(best[i])];
  }
  return matrix;
}

}  // namespace spvae
