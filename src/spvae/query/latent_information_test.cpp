#include "spvae/query/latent_information.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "spvae/query/query_testing.h"

namespace spvae {
namespace {

TEST(LatentInformation, IsTheWeightedMeanOfTheDivergencesFromThePrior) {
  // Two images, two leaves, one dimension.
  const Embedding embedding{.mean = {0, 2, 1, 5},
                            .deviation = {1, 0.5, 0.25, 0.1},
                            .responsibilities = {0.25, 1, 0.75, 0},
                            .choices = {}};
  const std::vector<double> information =
      latent_information(embedding, std::vector(2, CodeGaussian{{0}, {1}}));
  ASSERT_EQ(information.size(), 2u);
  EXPECT_NEAR(information[0], 0.75 * (0.5 * (1 + 0.0625 - 1) + std::log(4.0)), 1e-12);
  EXPECT_NEAR(information[1], 0.5 * (4 + 0.25 - 1) + std::log(2.0), 1e-12);
}

TEST(LatentInformation, OfLeavesOfOneExpertIsThatOfItsCodeToThePriorOfEach) {
  const std::vector<CodeGaussian> priors = {{{2}, {0.5}}, {{0}, {1}}};
  const Embedding embedding{
      .mean = {2}, .deviation = {0.5}, .responsibilities = {0.25, 0.75}, .choices = {}};
  const std::vector<double> information = latent_information(embedding, priors);
  EXPECT_EQ(information[0], 0);
  EXPECT_NEAR(information[1], 0.5 * (4 + 0.25 - 1) + std::log(2.0), 1e-12);
}

TEST(LatentInformation, IsNoneWhereTheEncoderGivesThePriorOrTheLeafIsNotUsed) {
  const Spvae model = testing::enumerable_model(2);
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  const Evidence evidence =
      testing::evidence_of(model, testing::level_images(2, {{1, 2}, {200, 30}}));
  for (const double value :
       latent_information(embed(model, evidence, *engine, pool), std::vector(4, model.prior(0)))) {
    EXPECT_EQ(value, 0);
  }
  const Embedding unused{.mean = {3}, .deviation = {1}, .responsibilities = {0}, .choices = {}};
  EXPECT_EQ(latent_information(unused, std::vector(1, CodeGaussian{{0}, {1}})),
            std::vector<double>{0});
}

}  // namespace
}  // namespace spvae
