#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace spvae {

// A generative classifier: one density p(x | c) for each of C classes. Matrices are [N, C],
// row-major, a row for each image; C ≥ 1 and matching sizes are the caller's part (assertions).
// Labels are classes' positions, 0 to C − 1.

/// log p(x, c) = log p(x | c) + log p(c), nats. Priors are positive; they need not sum to 1.
std::vector<double> log_joint(std::span<const double> log_likelihoods,
                              std::span<const double> priors);

/// log p(c | x) by Bayes' rule: the log-softmax over classes of log p(x, c) / temperature. At
/// temperature 1 the posterior itself, at higher ones a flatter one with the same order of classes
/// (Guo et al., On Calibration of Modern Neural Networks, ICML 2017, Eq. (9)). temperature > 0.
std::vector<double> log_posteriors(std::span<const double> log_joint, std::size_t classes,
                                   double temperature = 1);

/// Bounds of fit_temperature.
inline constexpr double kLeastTemperature = 1e-6;
inline constexpr double kGreatestTemperature = 1e6;

/// The temperature within the bounds that minimises the mean of −log p(label | x): to 12 digits, by
/// bisection, since that is convex in 1/temperature. Nothing if none is better than the lowest: so
/// it is where no class of any image is more probable than its label. At least one image.
std::optional<double> fit_temperature(std::span<const double> log_joint,
                                      std::span<const int> labels);

/// The most probable class of each image, the first of equal ones.
std::vector<int> most_probable_classes(std::span<const double> log_posteriors, std::size_t classes);

/// Bins of the calibration error, as Guo et al. take them.
inline constexpr int kCalibrationBins = 15;

/// How good posteriors are, over images.
struct ClassificationQuality {
  double accuracy = 0;                 ///< share of images whose label is the most probable class
  double negative_log_likelihood = 0;  ///< mean of −log p(label | x), nats
  /// Expected calibration error (Guo et al. 2017, Eq. (3)): images by the probability of their most
  /// probable class in kCalibrationBins equal bins (m, m + 1] / bins; the mean over images of
  /// |share of right ones − mean of that probability| of their bin.
  double calibration_error = 0;
};

/// At least one image.
ClassificationQuality classification_quality(std::span<const double> log_posteriors,
                                             std::span<const int> labels);

/// Images by label (rows) and most probable class (columns): [C, C].
std::vector<int> confusion_matrix(std::span<const double> log_posteriors,
                                  std::span<const int> labels);

}  // namespace spvae
