#include "spvae/query/embedding.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

#include "spvae/circuit/induced_tree.h"
#include "spvae/query/query_testing.h"
#include "spvae/reference/leaf_reference.h"

namespace spvae {
namespace {

using testing::evidence_of;

// float32 against the twin.
constexpr double kTolerance = 1e-5;

Embedding embedding_of(const Spvae& model, const ImageSet& images) {
  ThreadPool pool(2);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  return embed(model, evidence_of(model, images), *engine, pool);
}

ImageSet reconstruction_of(const Spvae& model, const Evidence& evidence, int threads = 2) {
  ThreadPool pool(threads);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  return reconstruct(model, evidence, *engine, pool);
}

// The encoders of this model give the prior whatever they see.
TEST(Embedding, HoldsPosteriorsResponsibilitiesAndChoices) {
  const Spvae model = testing::enumerable_model(3);
  const Embedding embedding =
      embedding_of(model, testing::level_images(3, {{10, 40, 200}, {255, 0, 3}}));
  ASSERT_EQ(embedding.mean.size(), 2u * 6 * 2);
  for (const double mean : embedding.mean) EXPECT_EQ(mean, 0);
  for (const double deviation : embedding.deviation) EXPECT_EQ(deviation, 1);
  for (std::size_t i = 0; i < 12; i += 2) {
    EXPECT_NEAR(embedding.responsibilities[i] + embedding.responsibilities[i + 1], 1, 1e-9);
  }
  const auto sums = static_cast<std::size_t>(model.circuit().sum_nodes());
  ASSERT_EQ(embedding.choices.size(), 2 * sums);
  for (std::size_t image = 0; image < 2; ++image) {
    EXPECT_GE(embedding.choices[image * sums + sums - 1], 0);  // the root is always reached
    for (std::size_t sum = 0; sum < sums; ++sum) {
      const int choice = embedding.choices[image * sums + sum];
      EXPECT_GE(choice, -1);
      EXPECT_LT(choice, model.circuit().branches(static_cast<int>(sum)));
    }
  }
}

/// A model whose encoders see their pixels, and images that differ.
struct SmallModel {
  Spvae model{{.height = 6, .width = 6, .delta = 3, .leaf = {.hidden = 5, .latent = 2}}};
  ImageSet images{.height = 6, .width = 6, .values = {}, .indices = {}};

  explicit SmallModel(std::uint32_t count) {
    model.initialise(4);
    for (std::uint32_t image = 0; image < count; ++image) {
      images.indices.push_back(image);
      for (std::uint32_t v = 0; v < 36; ++v) {
        images.values.push_back(static_cast<float>((image * 31 + v * 57) % 256) / 255.0f);
      }
    }
  }
  std::vector<double> parameters() const {
    return {model.parameters().begin(), model.parameters().end()};
  }
  /// What the twin's encoder makes of an image's part.
  CodeGaussian posterior(std::size_t image, int leaf) const {
    std::vector<double> pixels;
    for (const std::int32_t v : model.leaves().scope(leaf)) {
      pixels.push_back(
          static_cast<double>(images.values[36 * image + static_cast<std::size_t>(v)]));
    }
    return encode_leaf(model.leaves(), leaf, parameters(), pixels);
  }
};

TEST(Embedding, HoldsWhatEachLeafsEncoderMakesOfEachImage) {
  const SmallModel small(3);
  const Embedding embedding = embedding_of(small.model, small.images);
  const auto leaves = static_cast<std::size_t>(small.model.leaves().leaves());
  std::set<double> means;
  for (std::size_t image = 0; image < 3; ++image) {
    for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
      const CodeGaussian posterior = small.posterior(image, static_cast<int>(leaf));
      for (std::size_t d = 0; d < 2; ++d) {
        const std::size_t at = (image * leaves + leaf) * 2 + d;
        EXPECT_NEAR(embedding.mean[at], posterior.mean[d], kTolerance);
        EXPECT_NEAR(embedding.deviation[at], posterior.scale[d], kTolerance);
        means.insert(embedding.mean[at]);
      }
    }
  }
  EXPECT_EQ(means.size(), 3 * leaves * 2);  // no two are alike
}

TEST(Embedding, OfALeafThatNothingIsObservedOfIsThePrior) {
  SmallModel small(2);
  small.images.observed.assign(small.images.values.size(), 1);
  for (const std::int32_t v : small.model.leaves().scope(0)) {
    small.images.observed[static_cast<std::size_t>(v)] = 0;
  }
  const Embedding embedding = embedding_of(small.model, small.images);
  EXPECT_EQ(embedding.mean[0], 0);
  EXPECT_EQ(embedding.deviation[0], 1);
  const std::size_t of_next = 2 * static_cast<std::size_t>(small.model.leaves().leaves());
  EXPECT_NE(embedding.mean[of_next], 0);  // the same leaf of an image that is whole
}

TEST(Embedding, ReconstructionsAreDecodersMeansOfPosteriorMeansInTheMostProbableTree) {
  const SmallModel small(3);
  const Evidence evidence = evidence_of(small.model, small.images);
  const ImageSet reconstructed = reconstruction_of(small.model, evidence);
  for (std::size_t image = 0; image < 3; ++image) {
    int pixels = 0;
    const auto lane = static_cast<int>(image);
    for (const int leaf : best_tree(small.model.circuit(), evidence.trace, lane).leaves) {
      const DecodedLeaf decoded = decode_leaf(small.model.leaves(), leaf, small.parameters(),
                                              small.posterior(image, leaf).mean);
      const auto scope = small.model.leaves().scope(leaf);
      for (std::size_t i = 0; i < scope.size(); ++i, ++pixels) {
        EXPECT_NEAR(reconstructed.values[36 * image + static_cast<std::size_t>(scope[i])],
                    1 / (1 + std::exp(-decoded.pixels[i][0])), kTolerance);
      }
    }
    EXPECT_EQ(pixels, 36);
  }
}

TEST(Embedding, ReconstructionsFillEveryPixelAndDependOnTheImageAlone) {
  const SmallModel small(35);
  const auto& [model, images] = small;
  const Evidence evidence = evidence_of(model, images);
  const ImageSet reconstructed = reconstruction_of(model, evidence);
  ASSERT_EQ(reconstructed.count(), 35);
  EXPECT_EQ(reconstructed.indices, images.indices);
  for (const float value : reconstructed.values) {
    EXPECT_GT(value, 0);
    EXPECT_LT(value, 1);
  }
  EXPECT_EQ(reconstructed.values, reconstruction_of(model, evidence, 1).values);
}

}  // namespace
}  // namespace spvae
