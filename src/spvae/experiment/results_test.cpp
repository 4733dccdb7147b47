#include "spvae/experiment/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spvae/experiment/results_testing.h"

namespace spvae {
namespace {

using spvae::testing::outcome;
using ::testing::HasSubstr;

TEST(Results, ThePapersFiguresAreThoseOfTheExperiment) {
  Outcome ours = outcome("spvae/d/l", 103, 0);
  ours.trial.paper->log_likelihood = 101;
  EXPECT_EQ(difference_of(ours), 2);
  const Experiment experiment{.title = "T", .variants = {}, .notes = {}, .trials = {}};
  const Json json = results_json(experiment, {ours}, "C");
  EXPECT_EQ(json.at("results")[0].at("difference"), 2);
  EXPECT_EQ(json.at("results")[0].at("paper").at("log_likelihood"), 101);
  EXPECT_THAT(results_csv({ours}), HasSubstr(",101,2,"));
}

TEST(Results, WhatIsOfOtherDataHasNoDifference) {
  Outcome other = outcome("spvae/d/l", 90, 0);
  other.result["data_warning"] = "these are other images";
  EXPECT_THAT(results_csv({other}), HasSubstr(",100,,"));
  EXPECT_THAT(results_csv({other}), HasSubstr(",d,no\n"));
  const Experiment experiment{.title = "T", .variants = {}, .notes = {}, .trials = {}};
  EXPECT_FALSE(results_json(experiment, {other}, "C").at("results")[0].contains("difference"));
}

TEST(Results, AFewImagesDoNotMoveTheMedian) {
  Outcome one = outcome("spvae/d/l", 90, 0);
  one.scores = {-1e6F, 80, 90};
  EXPECT_EQ(median_score(one), 80);
}

TEST(Results, CsvQuotesTextThatHoldsACommaOrAQuote) {
  Outcome one = outcome("spvae/d/l", 90, 0);
  one.trial.varied = "2,3";
  EXPECT_THAT(results_csv({one}), HasSubstr("\nspvae/d/l,,\"2,3\",0,"));
  one.trial.varied = "a\"b";
  EXPECT_THAT(results_csv({one}), HasSubstr(",\"a\"\"b\",0,"));
}

TEST(Results, CsvHasALineForEachRunAndAsManyFieldsAsItsHeader) {
  const std::string text = results_csv({outcome("a/b/c", 103, 0), outcome("a/b/c", 105, 1)});
  std::vector<std::ptrdiff_t> commas;
  std::size_t begin = 0;
  for (std::size_t end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1) {
    commas.push_back(std::count(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                text.begin() + static_cast<std::ptrdiff_t>(end), ','));
  }
  EXPECT_EQ(commas, std::vector<std::ptrdiff_t>(3, commas.front()));
  EXPECT_THAT(
      text,
      HasSubstr(
          "a/b/c,,,1,0.5,105.0,0.25,0.125,30.0,2,5,105,107.0,100,5,7654,321,10,1000,900,1.0,"));
}

}  // namespace
}  // namespace spvae
