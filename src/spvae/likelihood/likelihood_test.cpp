#include "spvae/likelihood/likelihood.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "spvae/core/error.h"

namespace spvae {
namespace {

TEST(LikelihoodTable, FindsEveryLikelihoodUnderItsName) {
  for (const std::string_view name : likelihood_names()) {
    EXPECT_EQ(likelihood_info(likelihood_from_name(name)).name, name);
  }
  for (const Likelihood likelihood :
       {Likelihood::kGaussian, Likelihood::kBinomial, Likelihood::kLogistic}) {
    EXPECT_EQ(likelihood_info(likelihood).likelihood, likelihood);
  }
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

TEST(LikelihoodTable, AnswersAnUnknownNameWithTheKnownOnes) {
  try {
    likelihood_from_name("bernoulli");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(std::string(error.what()),
                testing::AllOf(testing::HasSubstr("bernoulli"), testing::HasSubstr("gaussian"),
                               testing::HasSubstr("binomial"), testing::HasSubstr("logistic")));
  }
}

}  // namespace
}  // namespace spvae
