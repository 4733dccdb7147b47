#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "spvae/core/sample_statistics.h"
#include "spvae/model/engine.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/reference/circuit_reference.h"
#include "spvae/reference/leaf_reference.h"

namespace spvae {
namespace {

// Two super-pixels of two pixels, two states each; codes of one dimension, so that a grid tells
// p(x) of a leaf.
Spvae small_circuit(Priors priors) {
  LeafConfig leaf{.hidden = 6, .latent = 1, .likelihood = Likelihood::kGaussian};
  leaf.priors = priors;
  if (priors == Priors::kLearned) leaf.experts = 1;
  Spvae model({.height = 2, .width = 2, .delta = 1, .k_leaf = 2, .leaf = leaf});
  model.initialise(8);
  for (const Tensor& tensor : model.layout().tensors()) {
    const bool is_decoder = tensor.name.find("decoder") != std::string::npos;
    for (float& value : model.parameters().subspan(tensor.offset, tensor.size)) {
      value *= is_decoder ? 1.5f : 0.7f;
    }
  }
  return model;
}

constexpr std::array<float, 4> kImage = {0.9f, 0.2f, 0.6f, 0.05f};

// Images alike but for their noise; of them the pixels whose flag is 1 are observed.
ImageSet repeated(int count, std::array<std::uint8_t, 4> observed) {
  ImageSet images{.height = 2, .width = 2, .values = {}, .indices = {}};
  for (int i = 0; i < count; ++i) {
    images.indices.push_back(static_cast<std::uint32_t>(i));
    images.values.insert(images.values.end(), kImage.begin(), kImage.end());
    images.observed.insert(images.observed.end(), observed.begin(), observed.end());
  }
  return images;
}

// log p(x) by the circuit over leaves that a grid of codes integrates.
double log_density(const Spvae& model, std::array<std::uint8_t, 4> observed) {
  const std::vector<double> parameters(model.parameters().begin(), model.parameters().end());
  const std::vector<double> logits(model.logits().begin(), model.logits().end());
  std::vector<double> leaf_values;
  for (int leaf = 0; leaf < model.leaves().leaves(); ++leaf) {
    std::vector<double> pixels;
    std::vector<bool> flags;
    for (const auto v : model.leaves().scope(leaf)) {
      pixels.push_back(static_cast<double>(kImage[static_cast<std::size_t>(v)]));
      flags.push_back(observed[static_cast<std::size_t>(v)] != 0);
    }
    constexpr double kStep = 0.005;
    double sum = 0;
    for (int i = -2000; i <= 2000; ++i) {
      const std::vector<double> z = {kStep * i};
      sum += std::exp(leaf_log_joint(model.leaves(), leaf, parameters, pixels, flags, z));
    }
    leaf_values.push_back(std::log(sum * kStep / std::sqrt(2 * std::acos(-1.0))));
  }
  return circuit_reference(model.graph(), model.config().k_sum, model.config().k_leaf, logits,
                           leaf_values)
      .values.back();
}

constexpr NoiseKey kNoise = {.seed = 5, .purpose = Purpose::kEvaluation, .prior_share = 0.2};

std::vector<ImageScore> scores(const Spvae& model, const ImageSet& images, int samples,
                               Sampler sampler, int threads = 2) {
  ThreadPool pool(threads);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  return log_likelihood(model, images, {.samples = samples, .noise = kNoise, .sampler = sampler},
                        *engine, pool);
}

// Over the noise, the pilot's included: three samples, so that the two proposals have unequal ones.
TEST(LaplaceSampler, GivesAnUnbiasedEstimateOfTheDensity) {
  for (const Priors priors : {Priors::kStandard, Priors::kLearned}) {
    const Spvae model = small_circuit(priors);
    for (const std::array<std::uint8_t, 4> observed :
         {std::array<std::uint8_t, 4>{1, 1, 1, 1}, {1, 0, 0, 1}}) {
      const double truth = log_density(model, observed);
      std::vector<double> ratios;
      for (const ImageScore& score :
           scores(model, repeated(20000, observed), 3, Sampler::kLaplace)) {
        ratios.push_back(std::exp(score.log_likelihood - truth));
      }
      const SampleStatistics statistics = sample_statistics(ratios);
      EXPECT_LT(statistics.standard_error, 0.01);
      EXPECT_NEAR(statistics.mean, 1, 4 * statistics.standard_error)
          << (priors == Priors::kLearned ? "learned" : "standard");
    }
  }
}

TEST(LaplaceSampler, PredictsItsSpreadAndIsBelowTheEncoders) {
  for (const Priors priors : {Priors::kStandard, Priors::kLearned}) {
    const Spvae model = small_circuit(priors);
    const ImageSet images = repeated(400, {1, 1, 1, 1});
    double spread[2] = {};
    for (const Sampler sampler : {Sampler::kEncoder, Sampler::kLaplace}) {
      std::vector<double> values;
      double predicted = 0;
      for (const ImageScore& score : scores(model, images, 64, sampler)) {
        values.push_back(score.log_likelihood);
        predicted += score.monte_carlo_variance / 400;
      }
      const double error = sample_statistics(values).standard_error;
      const double variance = error * error * 400;
      if (sampler == Sampler::kLaplace) {
        EXPECT_NEAR(predicted, variance, 0.35 * variance);
      }
      spread[sampler == Sampler::kLaplace ? 1 : 0] = variance;
    }
    EXPECT_LT(spread[1], 0.5 * spread[0]);
  }
}

TEST(LaplaceSampler, ScoresWholeImagesAlikeWhateverAMaskHidesOfOthers) {
  const Spvae model = small_circuit(Priors::kLearned);
  ImageSet masked = repeated(5, {1, 1, 1, 1});
  ImageSet whole = masked;
  whole.observed.clear();
  for (std::size_t v = 0; v < 3; ++v) masked.observed[2 * 4 + v] = 0;  // of the third image
  const auto expected = scores(model, whole, 20, Sampler::kLaplace);
  const auto actual = scores(model, masked, 20, Sampler::kLaplace);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double difference = std::abs(actual[i].log_likelihood - expected[i].log_likelihood);
    EXPECT_EQ(difference < 1e-5, i != 2) << i;  // but for rounding
  }
}

TEST(LaplaceSampler, TellsHowFarThePilotsBoundIsBelow) {
  const Spvae model = small_circuit(Priors::kLearned);
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  const ImageSet images = repeated(5, {1, 1, 1, 0});
  NoiseKey of_pilot = kNoise;
  of_pilot.purpose = Purpose::kPilot;
  const auto pilot = log_likelihood(model, images, kPilotSamples, of_pilot, *engine, pool);
  for_each_batch(model, images, {.samples = 20, .noise = kNoise, .sampler = Sampler::kLaplace},
                 *engine, pool, {}, [&](const Evidence& evidence) {
                   for (int lane = 0; lane < 5; ++lane) {
                     const auto i = static_cast<std::size_t>(lane);
                     EXPECT_EQ(likelihood_regret(evidence, lane),
                               evidence.trace.root()[i] - pilot[i].log_likelihood);
                   }
                 });
}

TEST(LaplaceSampler, GivesTheSameBitsForAnyThreadsAndNeighbours) {
  const Spvae model = small_circuit(Priors::kLearned);
  const ImageSet images = repeated(200, {1, 1, 0, 1});
  const auto all = scores(model, images, 20, Sampler::kLaplace, 1);
  const auto by_three = scores(model, images, 20, Sampler::kLaplace, 3);
  ImageSet last = images;
  last.indices.erase(last.indices.begin(), last.indices.begin() + 150);
  last.values.erase(last.values.begin(), last.values.begin() + 600);
  last.observed.erase(last.observed.begin(), last.observed.begin() + 600);
  const auto apart = scores(model, last, 20, Sampler::kLaplace, 1);
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].log_likelihood, by_three[i].log_likelihood);
    if (i >= 150) {
      EXPECT_EQ(all[i].log_likelihood, apart[i - 150].log_likelihood);
    }
  }
}

}  // namespace
}  // namespace spvae
