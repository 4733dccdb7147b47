#include "spvae/query/completion.h"

#include <gtest/gtest.h>

#include <numeric>

#include "spvae/core/error_testing.h"
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
  std::vector<std::uint32_t> rows(static_cast<std::size_t>(images.count()));
  std::iota(rows.begin(), rows.end(), 0u);
  return complete(model, images, rows, filling, count, seed, kSampling, *engine, pool);
}

ImageSet completed(const Spvae& model, const ImageSet& images, Filling filling, int count,
                   std::uint32_t seed = 0, int threads = 2) {
  return completions(model, images, filling, count, seed, threads).images;
}

/// p(level of the second pixel | first pixel) by enumeration.
std::vector<double> conditional(const Spvae& model, int first) {
  std::vector<std::vector<int>> all;
  for (int level = 0; level < 256; ++level) all.push_back({first, level});
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kReference, model.leaves(), pool);
  std::vector<double> joint;
  for (const ImageScore& score : log_likelihood(model, level_images(2, all), kSampling.samples,
                                                kSampling.noise, *engine, pool)) {
    joint.push_back(score.log_likelihood);
  }
  const double evidence = testing::log_sum_exp(joint);
  for (double& value : joint) value = std::exp(value - evidence);
  return joint;
}

// Bins of equal probability; 5000 draws with a fixed seed; the 0.999 quantile of chi-square with 9
// degrees of freedom is 27.9.
TEST(Completion, DrawsFollowTheConditionalOfTheEnumeratedModel) {
  const Spvae model = enumerable_model(2);
  for (const int first : {0, 90, 255}) {
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
  const Spvae model = enumerable_model(2);
  for (const int first : {0, 90, 255}) {
    const std::vector<double> probability = conditional(model, first);
    double mean = 0;
    for (std::size_t level = 0; level < 256; ++level) {
      mean += probability[level] * static_cast<double>(level) / 255;
    }
    const ImageSet filled = completed(model, level_images(2, {{first, -1}}), Filling::kMean, 1);
    // 64 of proposals that are 40: each counts once or twice.
    EXPECT_NEAR(filled.values[1], mean, 0.02) << first;
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
  const auto engine = make_engine(Engine::kReference, model.leaves(), pool);
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
