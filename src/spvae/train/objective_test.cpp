#include "spvae/train/objective.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "spvae/core/random.h"
#include "spvae/model/engine.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

using testing::bar_images;
using testing::kSide;
using testing::small_config;

constexpr int kSamples = 3;
const NoiseKey kNoise{5, 7, Purpose::kTraining};

/// The objective of images on an engine.
struct Bound {
  explicit Bound(Engine kind, const ImageSet& all, const Json& changes = Json::object(),
                 const Objective::Estimator& estimator = {kSamples})
      : images(all),
        model(small_config(changes).model),
        engine(make_engine(kind, model.leaves(), pool)),
        objective(model, estimator, *engine, pool) {
    model.initialise(3);
  }

  double value_and_gradient(std::vector<float>& grad, const NoiseKey& noise = kNoise) {
    std::vector<std::uint32_t> rows(static_cast<std::size_t>(images.count()));
    std::iota(rows.begin(), rows.end(), 0U);
    Batch batch;
    gather_training_batch(model, images, rows, batch);
    grad.assign(model.parameters().size(), 0.0F);
    return objective.value_and_gradient(batch, noise, grad);
  }

  ImageSet images;
  ThreadPool pool{1};
  Spvae model;
  std::unique_ptr<LeafEngine> engine;
  Objective objective;
};

/// Pixels are missing at random, and always those of the leaf region at the upper left, of 3 × 3.
ImageSet with_holes(ImageSet images) {
  for (std::size_t i = 0; i < images.values.size(); ++i) {
    const auto v = static_cast<int>(i) % (kSide * kSide);
    const bool is_upper_left = v / kSide < 3 && v % kSide < 3;
    const bool is_kept = random_uniform({.seed = 2}, static_cast<std::uint32_t>(i)) < 0.7;
    images.observed.push_back(is_kept && !is_upper_left ? 1 : 0);
  }
  return images;
}

class ObjectiveOfObservedPixels : public ::testing::TestWithParam<std::string> {};

// Along each tensor's own gradient, where the slope is its norm: log weights are floats, whose
// rounding would show in the slope along a single parameter.
TEST_P(ObjectiveOfObservedPixels, HasTheGradientOfCentralDifferences) {
  Bound bound(Engine::kReference, with_holes(bar_images(0, 7)), {{"likelihood", GetParam()}});
  std::vector<float> grad;
  std::vector<float> ignored;
  bound.value_and_gradient(grad);
  const std::vector<float> start(bound.model.parameters().begin(), bound.model.parameters().end());
  for (const Tensor& tensor : bound.model.layout().tensors()) {
    double squares = 0;
    for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
      squares += static_cast<double>(grad[i]) * static_cast<double>(grad[i]);
    }
    const double norm = std::sqrt(squares);
    EXPECT_GT(norm, 0) << tensor.name;
    constexpr double kStep = 4e-3;
    const auto value_at = [&](double distance) {
      std::ranges::copy(start, bound.model.parameters().begin());
      for (std::size_t i = tensor.offset; i < tensor.offset + tensor.size; ++i) {
        bound.model.parameters()[i] += static_cast<float>(distance / norm) * grad[i];
      }
      return bound.value_and_gradient(ignored);
    };
    const double slope = (value_at(kStep) - value_at(-kStep)) / (2 * kStep);
    EXPECT_NEAR(norm, slope, 0.02 * norm + 0.02) << tensor.name;
  }
}

TEST_P(ObjectiveOfObservedPixels, GivesALeafThatSeesNoPixelNoGradient) {
  for (const Engine kind : {Engine::kReference, Engine::kFused}) {
    Bound bound(kind, with_holes(bar_images(0, 40)), {{"likelihood", GetParam()}});
    std::vector<float> grad;
    bound.value_and_gradient(grad);
    int seen = 0;
    for (const Tensor& tensor : bound.model.layout().tensors()) {
      if (tensor.name == "circuit.logits") continue;
      // Leaves 0 and 1 are those of the first region, at the upper left.
      const std::size_t of_leaf = tensor.size / tensor.shape[0];
      for (std::size_t i = 0; i < tensor.size; ++i) {
        const float value = grad[tensor.offset + i];
        if (i < 2 * of_leaf) {
          ASSERT_EQ(value, 0.0F) << tensor.name;
        } else if (value != 0) {
          ++seen;
        }
      }
    }
    EXPECT_GT(seen, 100);
  }
}

TEST_P(ObjectiveOfObservedPixels, DoesNotDependOnTheValuesOfMissingOnes) {
  const ImageSet images = with_holes(bar_images(0, 33));
  ImageSet others = images;
  for (std::size_t i = 0; i < others.values.size(); ++i) {
    if (others.observed[i] == 0) others.values[i] = 1 - others.values[i];
  }
  Bound one(Engine::kFused, images, {{"likelihood", GetParam()}});
  Bound other(Engine::kFused, others, {{"likelihood", GetParam()}});
  std::vector<float> grad;
  std::vector<float> same;
  EXPECT_EQ(one.value_and_gradient(grad), other.value_and_gradient(same));
  EXPECT_EQ(grad, same);
  const auto validated = [](Bound& bound) {
    return mean_bound(bound.model, bound.images, kSamples, kNoise, *bound.engine, bound.pool);
  };
  EXPECT_EQ(validated(one), validated(other));
}

INSTANTIATE_TEST_SUITE_P(All, ObjectiveOfObservedPixels,
                         ::testing::Values("gaussian", "binomial", "logistic"),
                         [](const auto& test) { return test.param; });

/// Of a tensor's gradient over many noises: the mean, and the variance of a single one, summed over
/// its entries.
struct Gradients {
  std::vector<double> mean;
  double variance = 0;
};

Gradients gradients_over_noise(const Objective::Estimator& estimator, int experts,
                               const std::string& tensor) {
  const Json priors = {{"experts", experts}, {"priors", "learned"}, {"k-leaf", 4}};
  ImageSet images = bar_images(0, 7);
  if (experts > 1) images = with_holes(images);
  Bound bound(Engine::kFused, images, priors, estimator);
  const Tensor& found = bound.model.layout().find(tensor);
  constexpr std::uint32_t kNoises = 3000;
  Gradients result{std::vector<double>(found.size)};
  std::vector<double> squares(found.size);
  std::vector<float> grad;
  for (std::uint32_t step = 0; step < kNoises; ++step) {
    bound.value_and_gradient(grad, {5, step, Purpose::kTraining});
    for (std::size_t i = 0; i < found.size; ++i) {
      const auto g = static_cast<double>(grad[found.offset + i]);
      result.mean[i] += g / kNoises;
      squares[i] += g * g / kNoises;
    }
  }
  for (std::size_t i = 0; i < found.size; ++i) {
    result.variance += squares[i] - result.mean[i] * result.mean[i];
  }
  return result;
}

// The distance of two means of n noises has the expected square 2 · variance / n.
TEST(Objective, HasTheSameMeanGradientHoweverItIsEstimated) {
  for (const auto& [experts, tensor] :
       {std::pair{1, "leaves.0.encoder_mean.0"}, std::pair{1, "leaves.0.decoder_mean.0"},
        std::pair{2, "leaves.0.encoder_mean.0"}}) {
    const Gradients plain = gradients_over_noise({4}, experts, tensor);
    double norm = 0;
    for (const double g : plain.mean) norm += g * g;
    for (const Objective::Estimator& estimator :
         {Objective::Estimator{4, GradientEstimator::kDreg},
          Objective::Estimator{4, GradientEstimator::kIwae, 0.6},
          Objective::Estimator{4, GradientEstimator::kDreg, 0.6}}) {
      const Gradients other = gradients_over_noise(estimator, experts, tensor);
      double distance = 0;
      for (std::size_t i = 0; i < plain.mean.size(); ++i) {
        distance += std::pow(plain.mean[i] - other.mean[i], 2);
      }
      const double expected = (plain.variance + other.variance) / 3000;
      EXPECT_LT(distance, 4 * expected) << tensor;
      EXPECT_GT(norm, 20 * expected) << tensor;  // else it could not tell
    }
  }
}

TEST(Objective, OfImagesOfWhichNothingIsObservedIsZero) {
  ImageSet images = bar_images(0, 5);
  images.observed.assign(images.values.size(), 0);
  Bound bound(Engine::kFused, images);
  std::vector<float> grad;
  EXPECT_NEAR(bound.value_and_gradient(grad), 0, 1e-12);
  for (const float value : grad) EXPECT_NEAR(value, 0, 1e-7F);
}

}  // namespace
}  // namespace spvae
