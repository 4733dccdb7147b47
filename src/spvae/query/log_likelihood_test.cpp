#include "spvae/query/log_likelihood.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/sample_statistics.h"
#include "spvae/model/engine.h"
#include "spvae/query/effective_samples.h"
#include "spvae/reference/circuit_reference.h"
#include "spvae/reference/leaf_reference.h"

namespace spvae {
namespace {

constexpr NoiseKey kNoise{.seed = 3, .purpose = Purpose::kEvaluation};

Spvae small_model(Likelihood likelihood) {
  return Spvae({.height = 4,
                .width = 4,
                .delta = 2,
                .leaf = {.hidden = 5, .latent = 3, .likelihood = likelihood}});
}

// Images of arbitrary 8-bit values.
ImageSet some_images(int count, int height = 4, int width = 4) {
  ImageSet images;
  images.height = height;
  images.width = width;
  for (int i = 0; i < count; ++i) {
    images.indices.push_back(static_cast<std::uint32_t>(100 + i));
    for (int v = 0; v < height * width; ++v) {
      images.values.push_back(static_cast<float>((i * 37 + v * 91) % 256) / 255.0F);
    }
  }
  return images;
}

std::vector<ImageScore> scores_of(const Spvae& model, const ImageSet& images, int samples,
                                  ThreadPool& pool, Engine kind = Engine::kReference,
                                  NoiseKey noise = kNoise) {
  const auto engine = make_engine(kind, model.leaves(), pool);
  return log_likelihood(model, images, samples, noise, *engine, pool);
}

// All parameters zero: q is the prior, the decoders ignore z, and every tree says the same. Then
// every importance weight is p(x) = Π C(255, x) / 2^255.
TEST(LogLikelihood, IsExactWhereDecodersIgnoreTheCode) {
  const Spvae model = small_model(Likelihood::kBinomial);
  const ImageSet images = some_images(3);
  ThreadPool pool(1);
  for (const auto engine : {Engine::kReference, Engine::kFused}) {
    const auto scores = scores_of(model, images, 12, pool, engine);
    for (std::size_t i = 0; i < scores.size(); ++i) {
      double expected = 0;
      for (std::size_t v = 0; v < 16; ++v) {
        const double x = std::rint(255 * images.values[i * 16 + v]);
        expected +=
            std::lgamma(256) - std::lgamma(x + 1) - std::lgamma(256 - x) - 255 * std::log(2.0);
      }
      EXPECT_NEAR(scores[i].log_likelihood, expected, 1e-5 * std::abs(expected));
      EXPECT_NEAR(scores[i].monte_carlo_variance, 0, 1e-9);
      EXPECT_NEAR(scores[i].effective_samples, 12, 1e-6);
    }
  }
}

// The three figures of one image, from their definitions, in double throughout.
ImageScore score_by_definition(const Spvae& model, const ImageSet& images, std::size_t row,
                               int samples) {
  const std::vector<double> parameters(model.parameters().begin(), model.parameters().end());
  const std::vector<double> logits(model.logits().begin(), model.logits().end());
  std::vector<double> leaf_values;
  std::vector<double> concentration;  // Σw² / (Σw)²
  for (int leaf = 0; leaf < model.leaves().leaves(); ++leaf) {
    std::vector<double> pixels;
    for (const auto v : model.leaves().scope(leaf)) {
      pixels.push_back(images.values[row * 16 + static_cast<std::size_t>(v)]);
    }
    std::vector<double> log_weights;
    for (int s = 0; s < samples; ++s) {
      std::vector<double> noise;
      for (std::uint32_t d = 0; d < 3; ++d) {
        noise.push_back(random_normal({.seed = kNoise.seed,
                                       .purpose = kNoise.purpose,
                                       .image = images.indices[row],
                                       .leaf = static_cast<std::uint32_t>(leaf),
                                       .sample = static_cast<std::uint32_t>(s)},
                                      d));
      }
      log_weights.push_back(leaf_log_weight(model.leaves(), leaf, parameters, pixels, noise).value);
    }
    const double top = *std::max_element(log_weights.begin(), log_weights.end());
    double sum = 0, squares = 0;
    for (const double log_weight : log_weights) {
      sum += std::exp(log_weight - top);
      squares += std::exp(2 * (log_weight - top));
    }
    leaf_values.push_back(top + std::log(sum / samples));
    concentration.push_back(squares / (sum * sum));
  }
  const auto circuit = circuit_reference(model.graph(), 2, 2, logits, leaf_values);
  ImageScore score{.log_likelihood = circuit.values.back()};
  for (std::size_t leaf = 0; leaf < leaf_values.size(); ++leaf) {
    const double r = circuit.responsibilities[leaf];
    score.monte_carlo_variance += r * r * (concentration[leaf] - 1.0 / samples);
  }
  score.effective_samples = std::numeric_limits<double>::infinity();
  for (std::size_t region = 0; region < leaf_values.size(); region += 2) {
    const double worst = circuit.responsibilities[region] * concentration[region] +
                         circuit.responsibilities[region + 1] * concentration[region + 1];
    score.effective_samples = std::min(score.effective_samples, 1 / worst);
    for (const std::size_t leaf : {region, region + 1}) {
      if (concentration[leaf] <= 0.1) continue;
      score.effective_samples = std::min(score.effective_samples, 1 / concentration[leaf]);
    }
  }
  return score;
}

TEST(LogLikelihood, AgreesWithItsDefinition) {
  ThreadPool pool(2);
  const ImageSet images = some_images(4);
  for (const auto likelihood : all_likelihoods()) {
    Spvae model = small_model(likelihood);
    model.initialise(5);
    for (const auto engine : {Engine::kReference, Engine::kFused}) {
      const auto scores = scores_of(model, images, 40, pool, engine);
      for (std::size_t i = 0; i < scores.size(); ++i) {
        const ImageScore expected = score_by_definition(model, images, i, 40);
        EXPECT_EQ(scores[i].is_reliable, expected.effective_samples >= 10);
        // Log weights are float32: up to 1e-5 of some thousand nats.
        EXPECT_NEAR(scores[i].log_likelihood, expected.log_likelihood,
                    2e-5 * std::abs(expected.log_likelihood) + 1e-4);
        EXPECT_NEAR(scores[i].monte_carlo_variance, expected.monte_carlo_variance, 0.01);
        EXPECT_NEAR(scores[i].effective_samples, expected.effective_samples, 0.05);
      }
    }
  }
}

// Leaves of an expert share their samples, and their estimates rise and fall together.
TEST(LogLikelihood, OfSharedSamplesHasTheVarianceOfRepeatedEstimates) {
  ModelConfig config = small_model(Likelihood::kGaussian).config();
  config.k_leaf = 6;
  config.leaf.experts = 2;
  config.leaf.priors = Priors::kLearned;
  Spvae model(config);
  model.initialise(5);
  // Weights that vary by less than themselves: errors are to first order then.
  for (float& parameter : model.parameters()) parameter *= 0.3f;
  for (int leaf = 0; leaf < model.leaves().leaves(); ++leaf) {
    const auto prior = model.leaves().prior_part(model.parameters(), leaf);
    std::ranges::fill(prior.last(3), static_cast<float>(prior_parameter(0.9)));
  }
  ThreadPool pool(2);
  const ImageSet images = some_images(4);
  for (const int samples : {10, 100}) {  // fewer than blocks, and more
    std::vector<std::vector<double>> values(4);
    std::vector<double> claimed(4);
    constexpr std::uint32_t kRepeats = 200;
    for (std::uint32_t seed = 0; seed < kRepeats; ++seed) {
      NoiseKey noise = kNoise;
      noise.seed = seed;
      const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
      const auto scores = log_likelihood(model, images, samples, noise, *engine, pool);
      for (std::size_t i = 0; i < 4; ++i) {
        values[i].push_back(scores[i].log_likelihood);
        claimed[i] += scores[i].monte_carlo_variance / kRepeats;
      }
    }
    for (std::size_t i = 0; i < 4; ++i) {
      const double deviation = sample_statistics(values[i]).standard_deviation;
      // A deviation of 200 numbers is known to 5 %, and the claim is right to first order.
      EXPECT_NEAR(std::sqrt(claimed[i]) / deviation, 1, samples == 10 ? 0.3 : 0.2) << samples;
    }
  }
}

// A super-pixel's code lies ten standard deviations off what the encoder says; all others fit.
TEST(LogLikelihood, OfASingleLeafThatFailedIsUnreliable) {
  Spvae model = small_model(Likelihood::kGaussian);
  ThreadPool pool(1);
  const ImageSet images = some_images(1);
  EXPECT_TRUE(scores_of(model, images, 1000, pool)[0].is_reliable);
  const LeafBank& bank = model.leaves();
  for (const Tensor& tensor : model.layout().tensors()) {
    if (tensor.name != "leaves.0.encoder_mean.2") continue;
    // The bias of the first region's leaves: the decoders ignore the code, so its posterior is N(0,
    // I).
    const std::size_t of_leaf = tensor.size / static_cast<std::size_t>(bank.leaves());
    const std::size_t latent = 3;
    for (std::size_t leaf = 0; leaf < 2; ++leaf) {
      const std::size_t bias = tensor.offset + (leaf + 1) * of_leaf - latent;
      for (std::size_t d = 0; d < latent; ++d) model.parameters()[bias + d] = 10;
    }
  }
  const ImageScore score = scores_of(model, images, 1000, pool)[0];
  EXPECT_LT(score.effective_samples, 2);
  EXPECT_FALSE(score.is_reliable);
}

TEST(LogLikelihood, OfAnImageThatIsNotObservedIsExactBySingleSamples) {
  const Spvae model = small_model(Likelihood::kGaussian);
  ImageSet images = some_images(2);
  images.observed.assign(32, 1);
  std::fill_n(images.observed.begin(), 16, std::uint8_t{0});
  ThreadPool pool(1);
  const auto scores = scores_of(model, images, 1, pool);
  EXPECT_EQ(scores[0].log_likelihood, 0);
  EXPECT_EQ(scores[0].monte_carlo_variance, 0);
  EXPECT_TRUE(scores[0].is_reliable);
  EXPECT_FALSE(scores[1].is_reliable);
}

// Encoders see what is imputed, and nothing bounds the weights of what they say of it.
TEST(LogLikelihood, OfAPartlyObservedLeafIsUnreliableWithoutTheShareOfThePrior) {
  const Spvae model = small_model(Likelihood::kGaussian);
  ImageSet images = some_images(3);
  images.observed.assign(48, 1);
  images.observed[16] = 0;  // of the second
  for (const std::size_t pixel : {0u, 1u, 4u, 5u}) images.observed[32 + pixel] = 0;  // a whole leaf
  ThreadPool pool(1);
  for (const double share : {0.0, 0.2}) {
    const auto scores = scores_of(model, images, 100, pool, Engine::kReference,
                                  {.purpose = Purpose::kEvaluation, .prior_share = share});
    EXPECT_TRUE(scores[0].is_reliable);
    EXPECT_EQ(scores[1].is_reliable, share > 0);
    EXPECT_TRUE(scores[2].is_reliable);
  }
}

// The delta method's variance is the spread over seeds where the weights' tails are light, as small
// parameters make them. 300 seeds leave the spread's variance a standard error of 8 %; the bound is
// 3 of them.
TEST(LogLikelihood, PredictsTheSpreadOverSeeds) {
  Spvae model = small_model(Likelihood::kGaussian);
  model.initialise(5);
  for (float& parameter : model.parameters()) parameter *= 0.3F;
  const ImageSet images = some_images(1);
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  constexpr int kSeeds = 300;
  double sum = 0, squares = 0, predicted = 0;
  for (std::uint32_t seed = 0; seed < kSeeds; ++seed) {
    const ImageScore score = log_likelihood(
        model, images, 1000, {.seed = seed, .purpose = Purpose::kEvaluation}, *engine, pool)[0];
    sum += score.log_likelihood;
    squares += score.log_likelihood * score.log_likelihood;
    predicted += score.monte_carlo_variance / kSeeds;
  }
  const double variance = (squares - sum * sum / kSeeds) / (kSeeds - 1);
  EXPECT_NEAR(predicted / variance, 1, 0.25);
}

TEST(LogLikelihood, OfAnImageDependsOnNeitherItsBatchNorTheThreads) {
  Spvae model = small_model(Likelihood::kGaussian);
  model.initialise(5);
  ThreadPool one(1);
  ThreadPool two(2);
  const ImageSet images = some_images(150);
  const auto scores = scores_of(model, images, 3, one, Engine::kFused);
  const auto again = scores_of(model, images, 3, two, Engine::kFused);
  ASSERT_EQ(scores.size(), 150U);
  for (const std::size_t i : {0U, 31U, 32U, 127U, 128U, 149U}) {
    ImageSet single = some_images(1);
    single.indices = {images.indices[i]};
    single.values.assign(images.values.begin() + static_cast<std::ptrdiff_t>(16 * i),
                         images.values.begin() + static_cast<std::ptrdiff_t>(16 * i + 16));
    EXPECT_EQ(scores_of(model, single, 3, one, Engine::kFused)[0].log_likelihood,
              scores[i].log_likelihood);
    EXPECT_EQ(again[i].log_likelihood, scores[i].log_likelihood);
    EXPECT_EQ(again[i].effective_samples, scores[i].effective_samples);
  }
}

ErrorKind kind_of(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "no error";
  return ErrorKind::kIo;
}

TEST(LogLikelihood, RefusesWrongSizesNoSamplesAndBrokenParameters) {
  ThreadPool pool(1);
  Spvae model = small_model(Likelihood::kGaussian);
  EXPECT_EQ(kind_of([&] { scores_of(model, some_images(2, 4, 5), 5, pool); }), ErrorKind::kData);
  EXPECT_EQ(kind_of([&] { scores_of(model, some_images(2, 2, 8), 5, pool); }), ErrorKind::kData);
  EXPECT_EQ(kind_of([&] { scores_of(model, some_images(2), 0, pool); }), ErrorKind::kUsage);
  for (float& parameter : model.parameters()) parameter = std::numeric_limits<float>::quiet_NaN();
  EXPECT_EQ(kind_of([&] { scores_of(model, some_images(2), 5, pool); }), ErrorKind::kNumerical);
}

TEST(LogLikelihood, ReportsItsProgressAndStopsWhenAsked) {
  ThreadPool pool(1);
  const Spvae model = small_model(Likelihood::kBinomial);
  const auto engine = make_engine(Engine::kReference, model.leaves(), pool);
  const ImageSet images = some_images(200);
  std::vector<int> done;
  log_likelihood(model, images, 1, kNoise, *engine, pool, [&](int count, int total) {
    EXPECT_EQ(total, 200);
    done.push_back(count);
    return true;
  });
  EXPECT_EQ(done, (std::vector<int>{128, 200}));
  EXPECT_EQ(kind_of([&] {
              log_likelihood(model, images, 1, kNoise, *engine, pool,
                             [](int, int) { return false; });
            }),
            ErrorKind::kInterrupted);
}

TEST(ScoreSummary, IsMeanErrorsAndMedian) {
  const std::vector<ImageScore> scores = {
      {-10, 0.04, 30}, {-14, 0.05, 50}, {-12, 0, 100}, {-16, 0, 4, false}};
  const ScoreSummary summary = summarise(scores);
  EXPECT_EQ(summary.images, 4);
  EXPECT_DOUBLE_EQ(summary.log_likelihood, -13);
  EXPECT_DOUBLE_EQ(summary.standard_error, std::sqrt((9 + 1 + 1 + 9) / 3.0 / 4));
  EXPECT_TRUE(std::isnan(summary.monte_carlo_error));
  EXPECT_DOUBLE_EQ(summarise(std::span(scores).first(3)).monte_carlo_error, 0.3 / 3);
  EXPECT_DOUBLE_EQ(summary.effective_samples, 40);
  EXPECT_EQ(summary.unreliable_images, 1);
  EXPECT_DOUBLE_EQ(known_error(scores[0]), 0.2);
  EXPECT_TRUE(std::isnan(known_error(scores[3])));
  EXPECT_TRUE(std::isnan(summarise(std::span(scores).first(1)).standard_error));
}

TEST(BitsPerDimension, OfAUniformPmfOverBytesIsEight) {
  EXPECT_DOUBLE_EQ(bits_per_dimension(-784 * std::log(256.0), 784), 8);
}

}  // namespace
}  // namespace spvae
