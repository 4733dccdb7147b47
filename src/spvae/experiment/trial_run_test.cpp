#include "spvae/experiment/trial_run.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/experiment/results.h"
#include "spvae/io/idx_testing.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

using testing::expect_error;

/// Says nothing, and asks to stop at one point of the trial.
class Stopper : public TrialObserver {
 public:
  void on_start(const TrainStart&) override {}
  void on_step(std::int64_t step, double) override { step_ = step; }
  void on_check(const CheckReport&) override {}
  void on_message(const std::string&) override {}
  bool on_scoring(const std::string& split, double, int) override { return split != stop_split; }
  bool stop() const { return step_ >= stop_step; }

  std::int64_t stop_step = 1000;
  std::string stop_split;

 private:
  std::int64_t step_ = 0;
};

class TrialRun : public ::testing::Test {
 protected:
  TrialRun() {
    const auto data = folder_.write(
        "bars", testing::idx_file({60, testing::kSide, testing::kSide}, testing::bar_pixels(60)));
    trial_.cell = "spvae/bars/gaussian";
    trial_.config = testing::small_run();
    trial_.config["data"] = data.string();
    trial_.config["seed"] = 3;
    trial_.evaluation = {.samples = 4, .test_images = 5, .training_images = 7};
    trial_.paper = {.log_likelihood = 1, .parameters = 2};
    trial_.minutes = 8;
  }
  TrialFolders folders(const std::string& name) const {
    return {.results = folder_.path() / name / "results", .runs = folder_.path() / name / "runs"};
  }
  Json run(const std::string& name) {
    Stopper nobody;
    return run(name, nobody);
  }
  Json run(const std::string& name, Stopper& stopper) {
    return run_trial(trial_, folders(name), {.data_dir = "", .threads = 1}, stopper,
                     [&stopper] { return stopper.stop(); });
  }
  TrialStatus status(const std::string& name) const { return trial_status(trial_, folders(name)); }

  testing::TemporaryFolder folder_;
  Trial trial_;
};

/// Without what time tells.
Json timeless(Json result) {
  for (const char* part : {"training", "test", "train"}) result.at(part).erase("seconds");
  result.at("training").erase("milliseconds_per_step");
  return result;
}

TEST_F(TrialRun, KeepsWhatCameOut) {
  const Json result = run("a");
  EXPECT_EQ(result, trial_result(trial_, folders("a")));
  EXPECT_EQ(result.at("test").at("images"), 5);
  EXPECT_EQ(result.at("train").at("images"), 7);
  EXPECT_EQ(result.at("training").at("images"), 48);
  EXPECT_EQ(result.at("training").at("steps"), 18);
  EXPECT_EQ(result.at("config").at("seed"), 3);
  EXPECT_EQ(result.at("difference"), result.at("test").at("log_likelihood").get<double>() - 1);
  const std::vector<float> scores = trial_scores(trial_, folders("a"));
  ASSERT_EQ(scores.size(), 5u);
  double mean = 0;
  for (const float score : scores) mean += score / 5.0;
  EXPECT_NEAR(mean, result.at("test").at("log_likelihood"), 1e-4);
}

TEST_F(TrialRun, EndsWithTheSameFiguresWhereverItWasStopped) {
  const Json straight = timeless(run("straight"));
  EXPECT_EQ(status("cut").stage, TrialStatus::Stage::kNotBegun);
  EXPECT_EQ(status("cut").minutes_left, 8);
  Stopper training;
  training.stop_step = 6;
  expect_error(ErrorKind::kInterrupted, "stopped after step", [&] { run("cut", training); });
  EXPECT_EQ(status("cut").stage, TrialStatus::Stage::kTraining);
  EXPECT_EQ(status("cut").step, 4);
  for (const char* split : {"test", "training"}) {
    Stopper scoring;
    scoring.stop_split = split;
    expect_error(ErrorKind::kInterrupted, "scoring", [&] { run("cut", scoring); });
    EXPECT_NE(status("cut").stage, TrialStatus::Stage::kFinished);
  }
  EXPECT_EQ(status("cut").stage, TrialStatus::Stage::kScoring);
  EXPECT_EQ(status("cut").scored, 5);
  EXPECT_EQ(timeless(run("cut")), straight);
  EXPECT_EQ(status("cut").stage, TrialStatus::Stage::kFinished);
  EXPECT_EQ(trial_scores(trial_, folders("cut")), trial_scores(trial_, folders("straight")));
}

TEST_F(TrialRun, RefusesAResultOfAnotherConfiguration) {
  run("a");
  trial_.evaluation.samples = 5;
  expect_error(ErrorKind::kUsage, "another evaluation",
               [&] { trial_result(trial_, folders("a")); });
  trial_.evaluation.samples = 4;
  trial_.config["hidden"] = 6;
  expect_error(ErrorKind::kUsage, "another config", [&] { trial_result(trial_, folders("a")); });
  Experiment experiment{.title = "T", .variants = {}, .notes = {}, .trials = {trial_}};
  expect_error(ErrorKind::kUsage, "move it away", [&] { outcomes(experiment, folders("a")); });
}

}  // namespace
}  // namespace spvae
