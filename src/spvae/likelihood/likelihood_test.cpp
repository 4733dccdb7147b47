#include "spvae/likelihood/likelihood.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstddef>

namespace spvae {
namespace {

TEST(LikelihoodTable, HasARowForEveryLikelihoodInTheirOrder) {
  const std::vector<std::string_view> names = likelihood_names();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto likelihood = static_cast<Likelihood>(i);
    EXPECT_EQ(likelihood_info(likelihood).likelihood, likelihood);
    EXPECT_EQ(likelihood_info(likelihood).name, names[i]);
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Likelihood::kLogistic) + 1);
}

TEST(LikelihoodTable, NamesTheHeadsAsTheModelFileDoes) {
  using testing::ElementsAre;
  EXPECT_THAT(likelihood_info(Likelihood::kGaussian).heads, ElementsAre("mean", "precision"));
  EXPECT_THAT(likelihood_info(Likelihood::kBinomial).heads, ElementsAre("logit"));
  EXPECT_THAT(likelihood_info(Likelihood::kLogistic).heads, ElementsAre("location", "scale"));
  EXPECT_FALSE(likelihood_info(Likelihood::kGaussian).discrete);
  EXPECT_TRUE(likelihood_info(Likelihood::kBinomial).discrete);
  EXPECT_TRUE(likelihood_info(Likelihood::kLogistic).discrete);
}

}  // namespace
}  // namespace spvae
