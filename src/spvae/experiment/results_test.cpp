#include "spvae/experiment/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spvae {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Outcome outcome(const std::string& cell, double figure, int seed, const std::string& variant = "") {
  Trial trial;
  trial.cell = cell;
  trial.variant = variant;
  trial.config = {{"seed", seed}, {"hidden", 3}};
  trial.paper = {.log_likelihood = 100, .parameters = 7};
  const Json result = {{"test",
                        {{"images", 2},
                         {"samples", 5},
                         {"log_likelihood", figure},
                         {"standard_error", 0.25},
                         {"monte_carlo_error", 0.125},
                         {"effective_samples", 3.0},
                         {"seconds", 61.0}}},
                       {"train", {{"log_likelihood", figure + 2}}},
                       {"training",
                        {{"images", 10},
                         {"steps", 1000},
                         {"best_step", 900},
                         {"validation_bound", 1.0},
                         {"seconds", 4.0},
                         {"processor_seconds", 6.0}}},
                       {"config", {{"seed", seed}, {"data-seed", 0}}},
                       {"parameters", 7654},
                       {"encoder_parameters", 321},
                       {"data_digest", "d"},
                       {"machine", "M"},
                       {"version", "V"}};
  return {trial, result, {static_cast<float>(figure) - 1, static_cast<float>(figure) + 1}};
}

TEST(Results, TablesTakeSeedsTogetherAndMarkWhatFallsShort) {
  const std::vector<Outcome> outcomes = {outcome("spvae/d/l", 103, 0), outcome("spvae/d/l", 105, 1),
                                         outcome("vae/d/l", 99, 0),
                                         outcome("vae/d/l", 104.5, 0, "slow")};
  const Experiment experiment{
      .title = "T", .variants = {{"slow", "S"}}, .notes = {"N."}, .trials = {}};
  const std::string text = results_markdown(experiment, outcomes, "C");
  EXPECT_THAT(
      text,
      HasSubstr("| spvae/d/l | hidden 3 | 100.0 | +4.0 | 104.0 ± 0.2 | sd 1.4 (2) | 7654 | 321 "
                "| +2.0 |"));
  EXPECT_THAT(text, HasSubstr("| vae/d/l | hidden 3 | 100.0 | −1.0 (short) | 99.0 ± 0.2 |"));
  EXPECT_THAT(text, HasSubstr("| vae/d/l+slow | hidden 3 | 100.0 | +4.5 |"));
  EXPECT_THAT(text, HasSubstr("`+slow`: S."));
  EXPECT_THAT(text, HasSubstr("\n- N.\n"));
  EXPECT_THAT(text, HasSubstr("| spvae/d/l − vae/d/l | 2 | +0.0 | +4.0 ± 0.0 | holds |"));
  EXPECT_THAT(text, HasSubstr("| spvae/d/l − vae/d/l+slow | 2 | +0.0 | −1.5 ± 0.0 | refuted |"));
  EXPECT_THAT(text, HasSubstr("| vae/d/l − vae/d/l+slow | 2 |  | −5.5 ± 0.0 |  |"));
  EXPECT_THAT(text, HasSubstr("| spvae/d/l | 6.00 | 6.00 | 1.00 |"));
  EXPECT_THAT(text, HasSubstr("| spvae/d/l | 1 | 105.0 | 0.25 | 0.125 | 2 | 5 | 10 | 1000 | 900 | "
                              "4.00 | 6.00 | 0:04 | 1:01 |"));
  EXPECT_THAT(text, Not(HasSubstr("not comparable")));
}

TEST(Results, OrderIsThatOfThePapersFigures) {
  const Experiment experiment{.title = "T", .variants = {}, .notes = {}, .trials = {}};
  Outcome spvae = outcome("spvae/d/l", 99, 0);
  const Outcome vae = outcome("vae/d/l", 103, 0);
  const auto text = [&] { return results_markdown(experiment, {spvae, vae}, "C"); };
  spvae.trial.paper->log_likelihood = 97;
  EXPECT_THAT(text(), HasSubstr("| −3.0 | −4.0 ± 0.0 | holds |"));
  spvae.trial.paper->log_likelihood = 102;
  EXPECT_THAT(text(), HasSubstr("| +2.0 | −4.0 ± 0.0 | refuted |"));
  spvae.trial.paper.reset();
  EXPECT_THAT(text(), HasSubstr("|  | −4.0 ± 0.0 | refuted |"));
}

TEST(Results, PairsAreOfTheSameImages) {
  const Experiment experiment{.title = "T", .variants = {}, .notes = {}, .trials = {}};
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

TEST(Results, ADataWarningStaysBesideTheNumbers) {
  Outcome other = outcome("spvae/d/l", 90, 0);
  other.result["data_warning"] = "these are other images";
  const std::string text =
      results_markdown({.title = "T", .variants = {}, .notes = {}, .trials = {}}, {other}, "C");
  EXPECT_THAT(text, HasSubstr("| spvae/d/l | hidden 3 | (100.0) | not comparable | 90.0 ± 0.2 |"));
  EXPECT_THAT(text, HasSubstr("Not comparable: these are other images."));
  EXPECT_THAT(results_csv({other}), HasSubstr(",d,no\n"));
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
  EXPECT_THAT(text,
              HasSubstr("a/b/c,,,1,105.0,0.25,0.125,2,5,107.0,100,5,7654,321,10,1000,900,1.0,"));
}

}  // namespace
}  // namespace spvae
