#include "spvae/query/completion.h"

#include <gtest/gtest.h>

#include <array>
#include <utility>

#include "spvae/core/error_testing.h"
#include "spvae/core/log_sum_exp.h"
#include "spvae/likelihood/likelihood_testing.h"
#include "spvae/model/engine.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/query/query_testing.h"

namespace spvae {
namespace {

using testing::enumerable_model;
using testing::level_images;

const Sampling kSampling{.samples = 40};

Completions completions(const Spvae& model, const ImageSet& images, Filling filling, int count,
                        std::uint32_t seed = 0, int threads = 2) {
  ThreadPool pool(threads);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  return complete(model, images, filling, count, seed, kSampling, *engine, pool);
}

ImageSet completed(const Spvae& model, const ImageSet& images, Filling filling, int count,
                   std::uint32_t seed = 0, int threads = 2) {
  return completions(model, images, filling, count, seed, threads).images;
}

/// p(level of the second pixel | first pixel) by enumeration.
std::vector<double> conditional(const Spvae& model, int first, int samples = kSampling.samples) {
  std::vector<std::vector<int>> all;
  for (int level = 0; level < 256; ++level) all.push_back({first, level});
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  std::vector<double> joint;
  for (const ImageScore& score :
       log_likelihood(model, level_images(2, all), samples, kSampling.noise, *engine, pool)) {
    joint.push_back(score.log_likelihood);
  }
  const double evidence = log_sum_exp(joint);
  for (double& value : joint) value = std::exp(value - evidence);
  return joint;
}

// Bins of equal probability; 5000 draws with a fixed seed; the 0.999 quantile of chi-square with 9
// degrees of freedom is 27.9.
TEST(Completion, DrawsFollowTheConditionalOfTheEnumeratedModel) {
  for (const auto& [first, product] :
       {std::pair{0, Product::kCross}, std::pair{90, Product::kCross},
        std::pair{255, Product::kCross}, std::pair{90, Product::kElementwise}}) {
    const Spvae model = enumerable_model(2, 2, product);
    const std::vector<double> probability = conditional(model, first);
    constexpr int kBins = 10;
    constexpr int kDraws = 5000;
    std::vector<int> bin_of(256);
    std::vector<double> expected(kBins);
    double cumulated = 0;
    for (std::size_t level = 0; level < 256; ++level) {
      const int bin = std::min(kBins - 1, static_cast<int>(cumulated * kBins));
      bin_of[level] = bin;
      expected[static_cast<std::size_t>(bin)] += kDraws * probability[level];
      cumulated += probability[level];
    }
    const ImageSet draws =
        completed(model, level_images(2, {{first, -1}}), Filling::kDrawn, kDraws);
    std::vector<int> counts(kBins);
    for (std::size_t i = 0; i < kDraws; ++i) {
      EXPECT_EQ(std::lround(255 * draws.values[2 * i]), first);
      const auto level = static_cast<std::size_t>(std::lround(255 * draws.values[2 * i + 1]));
      ++counts[static_cast<std::size_t>(bin_of[level])];
    }
    double chi_square = 0;
    for (std::size_t bin = 0; bin < kBins; ++bin) {
      if (expected[bin] == 0) continue;
      const double difference = counts[bin] - expected[bin];
      chi_square += difference * difference / expected[bin];
    }
    EXPECT_LT(chi_square, 27.9) << first;
  }
}

TEST(Completion, MeansAreThoseOfTheEnumeratedConditional) {
  for (const auto& [first, product] :
       {std::pair{0, Product::kCross}, std::pair{90, Product::kCross},
        std::pair{255, Product::kCross}, std::pair{90, Product::kElementwise}}) {
    const Spvae model = enumerable_model(2, 2, product);
    const std::vector<double> probability = conditional(model, first, 4000);
    double mean = 0;
    for (std::size_t level = 0; level < 256; ++level) {
      mean += probability[level] * static_cast<double>(level) / 255;
    }
    const ImageSet filled = completed(model, level_images(2, {{first, -1}}), Filling::kMean, 1);
    // Over 256 codes of each leaf's prior.
    EXPECT_NEAR(filled.values[1], mean, 0.02) << first;
  }
}

/// A VAE of four pixels with one latent dimension and affine networks: p(z | observed pixels) is
/// normal, with the precision 1 + Σ w²λ and the mean Σ wλ(x − b) / precision.
struct LinearGaussian {
  static constexpr std::size_t kPixels = 4;
  const std::array<float, kPixels> w = {0.3f, -0.2f, 0.25f, 0.4f};
  const std::array<float, kPixels> b = {0.5f, 0.4f, 0.6f, 0.5f};
  const std::array<float, kPixels> g = {3.0f, 2.0f, 4.0f, 1.5f};
  Spvae model{
      {.structure = Structure::kSingleRegion,
       .height = 1,
       .width = 4,
       .leaf = {
           .hidden_layers = 0, .latent = 1, .likelihood = gaussian_config(MeanLink::kIdentity)}}};

  LinearGaussian() {
    const auto tensor = [this](const std::string& name) {
      const Tensor& found = model.layout().find("leaves.0." + name + ".0");
      return model.parameters().subspan(found.offset, found.size);
    };
    std::ranges::copy(w, tensor("decoder_mean").begin());
    std::ranges::copy(b, tensor("decoder_mean").begin() + kPixels);
    std::ranges::copy(g, tensor("decoder_precision").begin() + kPixels);
    // An encoder that is off: what it proposes is to be weighed right, not to be right.
    std::ranges::fill(tensor("encoder_mean"), 0.3f);
    tensor("encoder_precision").back() = 0.4f;
  }
  double precision(std::size_t i) const { return 1 + static_cast<double>(g[i] * g[i]); }
};

struct Moment {
  double mean = 0;
  double error = 0;  // standard error of the mean
};

Moment moment_of(const std::vector<double>& values) {
  const auto count = static_cast<double>(values.size());
  Moment moment;
  for (const double value : values) moment.mean += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - moment.mean) * (value - moment.mean);
  moment.error = std::sqrt(squares / (count - 1) / count);
  return moment;
}

// Over 200 images that differ in their noise alone: the means of the draws and of their squares,
// and the posterior means, within four standard errors of the normal p(missing | observed).
TEST(Completion, OfALinearGaussianLeafFollowsItsClosedForm) {
  const LinearGaussian linear;
  constexpr std::size_t kImages = 200;
  constexpr std::size_t kDraws = 20;
  const std::array<float, 4> x = {0.9f, 0.0f, 0.2f, 0.0f};
  const std::array<std::uint8_t, 4> observed = {1, 0, 1, 0};
  ImageSet images{.height = 1, .width = 4, .values = {}, .indices = {}};
  for (std::uint32_t i = 0; i < kImages; ++i) {
    images.indices.push_back(i);
    images.values.insert(images.values.end(), x.begin(), x.end());
    images.observed.insert(images.observed.end(), observed.begin(), observed.end());
  }
  double precision = 1;
  double mean = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    if (observed[i] == 0) continue;
    precision += static_cast<double>(linear.w[i] * linear.w[i]) * linear.precision(i);
    mean += static_cast<double>(linear.w[i] * (x[i] - linear.b[i])) * linear.precision(i);
  }
  mean /= precision;
  ThreadPool pool(2);
  const auto engine = make_engine(Engine::kFused, linear.model.leaves(), pool);
  for (const auto& [share, sampler] :
       {std::pair{0.0f, Sampler::kEncoder}, std::pair{0.2f, Sampler::kEncoder},
        std::pair{1.0f, Sampler::kEncoder}, std::pair{0.2f, Sampler::kLaplace}}) {
    const Sampling sampling{
        .samples = 2000, .noise = {.seed = 11, .prior_share = share}, .sampler = sampler};
    const auto filled = [&](Filling filling, std::size_t count) {
      return complete(linear.model, images, filling, static_cast<int>(count), 3, sampling, *engine,
                      pool)
          .images.values;
    };
    const std::vector<float> draws = filled(Filling::kDrawn, kDraws);
    const std::vector<float> means = filled(Filling::kMean, 1);
    for (const std::size_t pixel : {1u, 3u}) {
      const auto w = static_cast<double>(linear.w[pixel]);
      const double expected = w * mean + static_cast<double>(linear.b[pixel]);
      const double variance = w * w / precision + 1 / linear.precision(pixel);
      std::vector<double> first(kImages);
      std::vector<double> second(kImages);
      std::vector<double> posterior(kImages);
      for (std::size_t image = 0; image < kImages; ++image) {
        posterior[image] = static_cast<double>(means[4 * image + pixel]);
        for (std::size_t draw = 0; draw < kDraws; ++draw) {
          const auto value =
              static_cast<double>(draws[4 * (image * kDraws + draw) + pixel]) - expected;
          first[image] += value / kDraws;
          second[image] += value * value / kDraws;
        }
      }
      const Moment drawn = moment_of(first);
      EXPECT_LT(drawn.error, 0.02);
      EXPECT_NEAR(drawn.mean, 0, 4 * drawn.error) << share;
      const Moment spread = moment_of(second);
      EXPECT_LT(spread.error, 0.05 * variance);
      EXPECT_NEAR(spread.mean, variance, 4 * spread.error) << share;
      const Moment mean_pixel = moment_of(posterior);
      EXPECT_LT(mean_pixel.error, 0.005);
      EXPECT_NEAR(mean_pixel.mean, expected, 4 * mean_pixel.error) << share;
    }
  }
}

TEST(Completion, LeavesObservedPixelsUntouchedAndCompleteImagesWhole) {
  Spvae model({.height = 6,
               .width = 6,
               .delta = 3,
               .leaf = {.hidden = 5, .latent = 2, .likelihood = Likelihood::kLogistic}});
  model.initialise(2);
  ImageSet images{.height = 6, .width = 6, .values = {}, .indices = {}};
  for (std::uint32_t image = 0; image < 40; ++image) {
    images.indices.push_back(image);
    for (std::uint32_t v = 0; v < 36; ++v) {
      images.values.push_back(static_cast<float>((image * 31 + v * 57) % 256) / 255.0f);
      images.observed.push_back(image % 4 == 0 || (image + v) % 3 != 0 ? 1 : 0);
    }
  }
  for (const Filling filling : {Filling::kDrawn, Filling::kBest, Filling::kMean}) {
    const ImageSet filled = completed(model, images, filling, 2);
    ASSERT_EQ(filled.count(), 80);
    for (std::size_t i = 0; i < filled.values.size(); ++i) {
      const std::size_t source = i / 36 / 2 * 36 + i % 36;
      EXPECT_GE(filled.values[i], 0.0f);
      EXPECT_LE(filled.values[i], 1.001f);
      if (images.observed[source] == 1) {
        EXPECT_EQ(filled.values[i], images.values[source]);
      }
    }
    EXPECT_EQ(filled.values, completed(model, images, filling, 2, 0, 1).values);
  }
  EXPECT_NE(completed(model, images, Filling::kDrawn, 1, 1).values,
            completed(model, images, Filling::kDrawn, 1, 2).values);
  // Completion c is the same however many are asked for.
  const ImageSet one = completed(model, images, Filling::kDrawn, 1);
  const ImageSet three = completed(model, images, Filling::kDrawn, 3);
  for (std::size_t v = 0; v < 36; ++v) EXPECT_EQ(one.values[36 + v], three.values[3 * 36 + v]);
}

// Of an image with one leaf, partly observed, it is the importance sampling's own.
TEST(Completion, EffectiveSamplesAreThoseOfTheScore) {
  Spvae model(
      {.height = 4, .width = 4, .delta = 4, .k_leaf = 1, .leaf = {.hidden = 5, .latent = 2}});
  model.initialise(2);
  ImageSet images{.height = 4, .width = 4, .values = {}, .indices = {0, 1, 2}};
  for (std::size_t v = 0; v < 48; ++v) {
    images.values.push_back(static_cast<float>(v * 37 % 256) / 255.0f);
    images.observed.push_back(v < 16 || (v >= 32 && v % 2 == 0) ? 1 : 0);
  }
  const Completions filled = completions(model, images, Filling::kMean, 2);
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  const auto scores =
      log_likelihood(model, images, kSampling.samples, kSampling.noise, *engine, pool);
  ASSERT_EQ(filled.effective_samples.size(), 3u);
  EXPECT_EQ(filled.effective_samples[0], kSampling.samples);  // whole
  EXPECT_EQ(filled.effective_samples[1], kSampling.samples);  // nothing of it observed
  EXPECT_LT(filled.effective_samples[2], kSampling.samples);
  EXPECT_NEAR(filled.effective_samples[2], scores[2].effective_samples, 1e-3);
}

TEST(Completion, NeedsCompletionsAndProposals) {
  const Spvae model = enumerable_model(2);
  testing::expect_error(ErrorKind::kUsage, "count: got 0",
                        [&] { completed(model, level_images(2, {{1, -1}}), Filling::kDrawn, 0); });
}

}  // namespace
}  // namespace spvae
