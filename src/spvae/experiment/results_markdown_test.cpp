#include "spvae/experiment/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spvae/experiment/results_testing.h"

namespace spvae {
namespace {

using spvae::testing::outcome;
using ::testing::HasSubstr;
using ::testing::Not;

Experiment experiment_of(std::vector<Variant> variants = {}) {
  return {.title = "T", .variants = std::move(variants), .notes = {"N."}, .trials = {}};
}

TEST(ResultsMarkdown, TakesSeedsTogetherAndMarksWhatFallsShort) {
  const std::vector<Outcome> outcomes = {outcome("spvae/d/l", 103, 0), outcome("spvae/d/l", 105, 1),
                                         outcome("vae/d/l", 99, 0),
                                         outcome("vae/d/l", 104.5, 0, "slow")};
  const Experiment experiment = experiment_of({{"slow", "S"}});
  const std::string text = results_markdown(experiment, outcomes, "C");
  EXPECT_THAT(text, HasSubstr("| spvae/d/l | hidden 3, learning-rate 0.5 | 100.0 | +4.0 | 104.0 ± "
                              "1.0 | sd 1.4 (2) | 7654 | 321 "
                              "| +2.0 ± 0.4 |"));
  EXPECT_THAT(
      text,
      HasSubstr("| vae/d/l | hidden 3, learning-rate 0.5 | 100.0 | −1.0 (short) | 99.0 ± 1.0 |"));
  EXPECT_THAT(text, HasSubstr("| vae/d/l+slow | hidden 3, learning-rate 0.5 | 100.0 | +4.5 |"));
  EXPECT_THAT(text, HasSubstr("`+slow`: S."));
  EXPECT_THAT(text, HasSubstr("\n- N.\n"));
  EXPECT_THAT(
      text,
      HasSubstr("| spvae/d/l − vae/d/l | 2 | +0.0 | +5.0 ± 0.0 | +4.0 to +6.0 (2 × 1) | holds |"));
  EXPECT_THAT(text, HasSubstr("| spvae/d/l − vae/d/l+slow | 2 |  | −0.5 ± 0.0 | −1.5 to +0.5 "
                              "(2 × 1) | undecided |"));
  EXPECT_THAT(text, HasSubstr("| vae/d/l − vae/d/l+slow | 2 |  | −5.5 ± 0.0 |  |  |"));
  EXPECT_THAT(
      text,
      HasSubstr("| spvae/d/l | 1 | 105.0 | 0.25 | 105.0 | 0.125 | 30.0 | 2 | 5 | 10 | 1000 | 900 | "
                "4.00 | 6.00 | 0:04 | 1:01 | M |"));
  EXPECT_THAT(text, Not(HasSubstr("not comparable")));
}

TEST(ResultsMarkdown, OrderIsThatOfThePapersFigures) {
  const Experiment experiment = experiment_of();
  Outcome spvae = outcome("spvae/d/l", 99, 0);
  const Outcome vae = outcome("vae/d/l", 103, 0);
  const auto text = [&] { return results_markdown(experiment, {spvae, vae}, "C"); };
  spvae.trial.paper->log_likelihood = 97;
  EXPECT_THAT(text(), HasSubstr("| −3.0 | −4.0 ± 0.0 | holds |"));
  spvae.trial.paper->log_likelihood = 102;
  EXPECT_THAT(text(), HasSubstr("| +2.0 | −4.0 ± 0.0 | refuted |"));
  spvae.trial.paper.reset();
  EXPECT_THAT(text(), HasSubstr("| 2 | −4.0 ± 0.0 | refuted |"));
}

TEST(ResultsMarkdown, ComparesAConvolutionalModelWithItsPlainOne) {
  Outcome conv_spvae = outcome("conv-spvae/d/l", 110, 0);
  conv_spvae.trial.paper->log_likelihood = 104;
  const std::string text = results_markdown(
      experiment_of({{"slow", "S"}}),
      {outcome("spvae/d/l", 103, 0), outcome("vae/d/l", 99, 0), outcome("vae/d/l", 107, 0, "slow"),
       conv_spvae, outcome("conv-vae/d/l", 105, 0)},
      "C");
  EXPECT_THAT(text, HasSubstr("| conv-spvae/d/l − conv-vae/d/l | 2 | +4.0 | +5.0 ± 0.0 | holds |"));
  EXPECT_THAT(text, HasSubstr("| conv-spvae/d/l − spvae/d/l | 2 | +4.0 | +7.0 ± 0.0 | holds |"));
  EXPECT_THAT(text, HasSubstr("| conv-vae/d/l − vae/d/l | 2 | +0.0 | +6.0 ± 0.0 | holds |"));
  EXPECT_THAT(text, HasSubstr("| conv-vae/d/l − vae/d/l+slow | 2 |  | −2.0 ± 0.0 | refuted |"));
}

TEST(ResultsMarkdown, PairsAreOfTheSameImages) {
  const Experiment experiment = experiment_of();
  Outcome vae = outcome("vae/d/l", 99, 0);
  const auto text = [&] {
    return results_markdown(experiment, {outcome("spvae/d/l", 103, 0), vae}, "C");
  };
  EXPECT_THAT(text(), HasSubstr("spvae/d/l − vae/d/l"));
  vae.result["data_digest"] = "other";
  EXPECT_THAT(text(), Not(HasSubstr("spvae/d/l − vae/d/l")));
  vae.result["data_digest"] = "d";
  vae.result["config"]["data-seed"] = 1;
  EXPECT_THAT(text(), Not(HasSubstr("spvae/d/l − vae/d/l")));
}

TEST(ResultsMarkdown, SeedsOfOtherImagesAreNotTakenTogether) {
  Outcome other = outcome("spvae/d/l", 105, 1);
  other.result["data_digest"] = "other";
  const std::string text = results_markdown(
      experiment_of(), {outcome("spvae/d/l", 103, 0), other, outcome("vae/d/l", 99, 0)}, "C");
  EXPECT_THAT(text, HasSubstr("| 103.0 ± 1.0 | 7654 |"));
  EXPECT_THAT(text, HasSubstr("| 105.0 ± 1.0 | 7654 |"));
  EXPECT_THAT(text, HasSubstr("| spvae/d/l − vae/d/l | 2 | +0.0 | +4.0 ± 0.0 | holds |"));
}

TEST(ResultsMarkdown, ADataWarningStaysBesideTheNumbers) {
  Outcome other = outcome("spvae/d/l", 90, 0);
  other.result["data_warning"] = "these are other images";
  Outcome vae = outcome("vae/d/l", 80, 0);
  vae.trial.paper->log_likelihood = 95;
  vae.result["data_warning"] = "these are other images";
  const std::string text = results_markdown(experiment_of(), {other, vae}, "C");
  EXPECT_THAT(
      text,
      HasSubstr(
          "| spvae/d/l | hidden 3, learning-rate 0.5 | (100.0) | not comparable | 90.0 ± 1.0 |"));
  EXPECT_THAT(text, HasSubstr("Not comparable: these are other images."));
  EXPECT_THAT(text, HasSubstr("| (+5.0) | +10.0 ± 0.0 | not comparable |"));
}

TEST(ResultsMarkdown, GivesNoMonteCarloErrorOfFewEffectiveSamples) {
  Outcome vae = outcome("vae/d/l", 90, 0);
  vae.result["test"]["effective_samples"] = 1.25;
  EXPECT_THAT(results_markdown(experiment_of(), {vae}, "C"),
              HasSubstr("| 0.25 | 90.0 | – | 1.2 | 2 |"));
}

TEST(ResultsMarkdown, ShowsTheMedianBesideTheMean) {
  Outcome skewed = outcome("vae/d/l", 60, 0);
  skewed.scores = {90, 88, 2};
  EXPECT_THAT(results_markdown(experiment_of(), {skewed}, "C"),
              HasSubstr("| 60.0 | 0.25 | 88.0 | 0.125 |"));
}

TEST(ResultsMarkdown, LeavesOutColumnsThatAreEmptyInAllRows) {
  Outcome one = outcome("spvae/d/l", 100, 0);
  Outcome other = outcome("vae/d/l", 99, 0);
  one.result.erase("train");
  const auto text = [&] { return results_markdown(experiment_of(), {one, other}, "C"); };
  EXPECT_THAT(text(), HasSubstr("| of them encoders | training − test |\n"));
  EXPECT_THAT(text(), HasSubstr("| 321 |  |\n"));
  other.result.erase("train");
  EXPECT_THAT(text(), HasSubstr("| of them encoders |\n"));
  EXPECT_THAT(text(), HasSubstr("| 321 |\n"));
}

// The standard error over images is of the mean over seeds, which images share.
TEST(ResultsMarkdown, StandardErrorIsOfTheMeanOverSeeds) {
  Outcome one = outcome("spvae/d/l", 100, 0);
  Outcome other = outcome("spvae/d/l", 100, 1);
  other.scores = {101, 99};
  EXPECT_THAT(results_markdown(experiment_of(), {one, other}, "C"), HasSubstr("| 100.0 ± 0.0 |"));
}

TEST(ResultsMarkdown, ShowsAPictureThatStandsBesideIt) {
  const std::vector<Outcome> outcomes = {outcome("spvae/d/l", 100, 0)};
  EXPECT_THAT(results_markdown(experiment_of(), outcomes, "C", "p.png"), HasSubstr("![T](p.png)"));
  EXPECT_THAT(results_markdown(experiment_of(), outcomes, "C"), Not(HasSubstr("![")));
}

}  // namespace
}  // namespace spvae
