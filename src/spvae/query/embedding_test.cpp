#include "spvae/query/embedding.h"

#include <gtest/gtest.h>

#include "spvae/query/query_testing.h"

namespace spvae {
namespace {

using testing::evidence_of;

// The encoders of this model give the prior whatever they see.
TEST(Embedding, HoldsPosteriorsResponsibilitiesAndChoices) {
  const Spvae model = testing::enumerable_model(3);
  const Evidence evidence =
      evidence_of(model, testing::level_images(3, {{10, 40, 200}, {255, 0, 3}}));
  ThreadPool pool(2);
  const Embedding embedding = embed(model, evidence, pool);
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
      EXPECT_LT(choice, model.circuit().products(static_cast<int>(sum)));
    }
  }
}

TEST(Embedding, ReconstructionsFillEveryPixelAndDependOnTheImageAlone) {
  Spvae model({.height = 6, .width = 6, .delta = 3, .leaf = {.hidden = 5, .latent = 2}});
  model.initialise(4);
  ImageSet images{.height = 6, .width = 6, .values = {}, .indices = {}};
  for (std::uint32_t image = 0; image < 35; ++image) {
    images.indices.push_back(image);
    for (std::uint32_t v = 0; v < 36; ++v) {
      images.values.push_back(static_cast<float>((image * 31 + v * 57) % 256) / 255.0f);
    }
  }
  ThreadPool one(1);
  ThreadPool two(2);
  const Evidence evidence = evidence_of(model, images);
  const ImageSet reconstructed = reconstruct(model, evidence, two);
  ASSERT_EQ(reconstructed.count(), 35);
  EXPECT_EQ(reconstructed.indices, images.indices);
  for (const float value : reconstructed.values) {
    EXPECT_GT(value, 0);
    EXPECT_LT(value, 1);
  }
  EXPECT_EQ(reconstructed.values, reconstruct(model, evidence, one).values);
}

}  // namespace
}  // namespace spvae
