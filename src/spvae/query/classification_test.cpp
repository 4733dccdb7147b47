#include "spvae/query/classification.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace spvae {
namespace {

using ::testing::ElementsAre;

std::vector<double> logs(const std::vector<double>& values) {
  std::vector<double> result;
  for (const double value : values) result.push_back(std::log(value));
  return result;
}

/// Scores of images of three classes whose labels are the most probable class more often than not.
struct Scores {
  std::vector<double> log_joint;
  std::vector<int> labels;
};

Scores random_scores(double scale) {
  std::mt19937 generator(5);
  std::normal_distribution<double> normal;
  Scores scores;
  for (int i = 0; i < 200; ++i) {
    scores.labels.push_back(i % 3);
    for (int c = 0; c < 3; ++c) {
      scores.log_joint.push_back(-1000 + scale * (normal(generator) + (c == i % 3 ? 1 : 0)));
    }
  }
  return scores;
}

double mean_loss(const Scores& scores, double temperature) {
  return classification_quality(log_posteriors(scores.log_joint, 3, temperature), scores.labels)
      .negative_log_likelihood;
}

TEST(Classification, PosteriorsAreThoseOfBayesRule) {
  const std::vector<double> likelihoods = logs({0.2, 0.1, 0.01, 0.03});
  const std::vector<double> priors = {1, 3};
  const std::vector<double> posteriors = log_posteriors(log_joint(likelihoods, priors), 2);
  const double expected[] = {0.2 / 0.5, 0.3 / 0.5, 0.01 / 0.1, 0.09 / 0.1};
  for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(std::exp(posteriors[i]), expected[i], 1e-14);
  EXPECT_THAT(most_probable_classes(posteriors, 2), ElementsAre(1, 1));
}

TEST(Classification, PosteriorsOfFarApartLikelihoodsStayFinite) {
  const std::vector<double> posteriors = log_posteriors(std::vector<double>{-1e5, 2e5, -3e5}, 3);
  EXPECT_THAT(posteriors, ElementsAre(-3e5, 0.0, -5e5));
}

TEST(Classification, TemperatureTakesTheRootOfThePosteriors) {
  const std::vector<double> posteriors = log_posteriors(logs({0.9, 0.1}), 2, 2);
  EXPECT_NEAR(std::exp(posteriors[0]), 3.0 / 4.0, 1e-14);  // √0.9 : √0.1
  EXPECT_NEAR(std::exp(posteriors[1]), 1.0 / 4.0, 1e-14);
}

TEST(Classification, FittedTemperatureIsThatOfTheClosedForm) {
  // Every image prefers class 0 by `gap`, which is right in four cases of five: the loss is least
  // where the posterior says four fifths.
  for (const double gap : {1e-3, 2.0, 700.0}) {
    std::vector<double> log_joint;
    for (int i = 0; i < 5; ++i) log_joint.insert(log_joint.end(), {-300.0, -300.0 - gap});
    const auto temperature = fit_temperature(log_joint, std::vector<int>{0, 0, 1, 0, 0});
    ASSERT_TRUE(temperature.has_value());
    EXPECT_NEAR(*temperature / (gap / std::log(4.0)), 1, 1e-9);
  }
}

TEST(Classification, FittedTemperatureIsBetterThanAllOthers) {
  for (const double scale : {0.3, 40.0}) {
    const Scores scores = random_scores(scale);
    const double fitted = fit_temperature(scores.log_joint, scores.labels).value();
    const double least = mean_loss(scores, fitted);
    for (double factor = 1e-3; factor < 1e3; factor *= 1.01) {
      EXPECT_GE(mean_loss(scores, factor * fitted), least) << factor;
    }
    // Scores so many times as large need a temperature so many times as high.
    Scores larger = scores;
    for (double& score : larger.log_joint) score *= 8;
    EXPECT_NEAR(fit_temperature(larger.log_joint, larger.labels).value() / (8 * fitted), 1, 1e-9);
  }
}

TEST(Classification, FittedTemperatureHasBounds) {
  const std::vector<double> log_joint = {0, -1, 0, -1};
  EXPECT_FALSE(fit_temperature(log_joint, std::vector<int>{0, 0}).has_value());
  EXPECT_FALSE(fit_temperature(std::vector<double>(4), std::vector<int>{0, 1}).has_value());
  EXPECT_EQ(fit_temperature(log_joint, std::vector<int>{1, 1}), kGreatestTemperature);
  EXPECT_EQ(fit_temperature(log_joint, std::vector<int>{0, 1}), kGreatestTemperature);
}

/// Ten images whose most probable class, the first, has this probability and `right` times of ten
/// is their label.
ClassificationQuality quality_of(double probability, int right) {
  std::vector<double> log_posteriors;
  std::vector<int> labels;
  for (int i = 0; i < 10; ++i) {
    for (const double p : {probability, 1 - probability}) log_posteriors.push_back(std::log(p));
    labels.push_back(i < right ? 0 : 1);
  }
  return classification_quality(log_posteriors, labels);
}

TEST(Classification, QualityIsThatOfAHandfulOfImages) {
  const ClassificationQuality quality = quality_of(0.7, 4);
  EXPECT_EQ(quality.accuracy, 0.4);
  EXPECT_NEAR(quality.negative_log_likelihood, -0.4 * std::log(0.7) - 0.6 * std::log(0.3), 1e-14);
  EXPECT_NEAR(quality.calibration_error, 0.3, 1e-15);
}

TEST(Classification, CalibrationErrorIsZeroOfPerfectAndOneOfPerfectlyWrongPosteriors) {
  EXPECT_NEAR(quality_of(0.7, 7).calibration_error, 0, 1e-15);
  EXPECT_NEAR(quality_of(0.9, 9).calibration_error, 0, 1e-15);
  const double none = -std::numeric_limits<double>::infinity();
  const std::vector<double> certain = {0, none, none, 0};
  EXPECT_EQ(classification_quality(certain, std::vector<int>{1, 0}).calibration_error, 1);
  EXPECT_EQ(classification_quality(certain, std::vector<int>{0, 1}).calibration_error, 0);
}

TEST(Classification, CalibrationErrorIsTheMeanOverBins) {
  // In the bin (8, 9] / 15 two images of 0.55 and 0.59, one right; in the bin (12, 13] / 15 one of
  // 0.85, right. Within a bin errors cancel, between bins they do not.
  const std::vector<double> log_posteriors = logs({0.55, 0.45, 0.59, 0.41, 0.85, 0.15});
  const std::vector<int> labels = {0, 1, 0};
  EXPECT_NEAR(classification_quality(log_posteriors, labels).calibration_error,
              (std::abs(1 - 0.55 - 0.59) + std::abs(1 - 0.85)) / 3, 1e-15);
}

TEST(Classification, ConfusionMatrixCountsLabelsByRowAndPredictionsByColumn) {
  const std::vector<double> log_posteriors =
      logs({0.9, 0.05, 0.05, 0.2, 0.7, 0.1, 0.2, 0.7, 0.1, 0.4, 0.4, 0.2});
  EXPECT_THAT(confusion_matrix(log_posteriors, std::vector<int>{0, 0, 2, 1}),
              ElementsAre(1, 1, 0, 1, 0, 0, 0, 1, 0));
}

}  // namespace
}  // namespace spvae
