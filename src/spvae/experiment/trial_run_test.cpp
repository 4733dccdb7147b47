#include "spvae/experiment/trial_run.h"

#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/experiment/results.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/json_testing.h"
#include "spvae/io/npy.h"
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
    trial_.run = testing::small_run();
    configure("data", data.string());
    configure("seed", 3);
    trial_.evaluation = {.samples = 4, .test_images = 5, .training_images = 7};
    trial_.paper = {.log_likelihood = 1, .parameters = 2};
    trial_.minutes = 8;
    trial_.height = testing::kSide;
    trial_.width = testing::kSide;
  }
  void configure(const std::string& key, const Json& value) {
    Json keys = trial_.run.given;
    keys[key] = value;
    trial_.run = keys;
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
  result.at("training").erase("processor_seconds");
  return result;
}

TEST_F(TrialRun, KeepsWhatCameOut) {
  const Json result = run("a");
  const Outcome outcome = trial_outcome(trial_, folders("a"));
  EXPECT_EQ(outcome.result, result);
  EXPECT_EQ(result.at("test").at("images"), 5);
  EXPECT_EQ(result.at("train").at("images"), 7);
  EXPECT_EQ(result.at("training").at("images"), 48);
  EXPECT_EQ(result.at("training").at("steps"), 18);
  EXPECT_EQ(result.at("config").at("seed"), 3);
  EXPECT_GT(result.at("training").at("seconds"), 0);
  EXPECT_GT(result.at("training").at("processor_seconds"), 0);
  EXPECT_GT(result.at("test").at("seconds"), 0);
  ASSERT_EQ(outcome.scores.size(), 5u);
  double mean = 0;
  for (const float score : outcome.scores) mean += score / 5.0;
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
  EXPECT_EQ(status("cut").minutes_left, 4);
  EXPECT_EQ(timeless(run("cut")), straight);
  EXPECT_EQ(status("cut").stage, TrialStatus::Stage::kFinished);
  EXPECT_EQ(trial_outcome(trial_, folders("cut")).scores,
            trial_outcome(trial_, folders("straight")).scores);
}

TEST_F(TrialRun, HasLeftWhatTrainingHasNotTaken) {
  Stopper training;
  training.stop_step = 6;
  expect_error(ErrorKind::kInterrupted, "stopped after step", [&] { run("a", training); });
  const auto left = [this](double minutes_of_training, double pace) {
    const Json check = {
        {"step", 4}, {"validation_bound", 0}, {"steps_per_second", 4 / (60 * minutes_of_training)}};
    write_file_atomically(folders("a").runs / trial_.stem() / "metrics.jsonl", check.dump() + "\n");
    return trial_status(trial_, folders("a"), pace).minutes_left;
  };
  EXPECT_DOUBLE_EQ(left(1, 1), 7);
  EXPECT_DOUBLE_EQ(left(1, 0.5), 3);
  EXPECT_DOUBLE_EQ(left(1, 2), 15);
  EXPECT_DOUBLE_EQ(left(6, 1), 4);
  EXPECT_DOUBLE_EQ(left(6, 2), 10);
}

TEST_F(TrialRun, CountsTheTimeOfEveryGo) {
  Stopper scoring;
  scoring.stop_split = "training";
  expect_error(ErrorKind::kInterrupted, "scoring", [&] { run("a", scoring); });
  EXPECT_GT(run("a").at("test").at("seconds"), 1e-4);  // it was scored before
}

// Checks that were lost are no reason to lose the run, nor to state a part of its time as all.
TEST_F(TrialRun, StatesNoTimeWhereChecksWereLost) {
  Stopper scoring;
  scoring.stop_split = "test";
  expect_error(ErrorKind::kInterrupted, "scoring", [&] { run("a", scoring); });
  const auto metrics = folders("a").runs / trial_.stem() / "metrics.jsonl";
  const std::string lines = read_file(metrics);
  write_file_atomically(metrics, lines.substr(0, lines.find('\n') + 1));
  Json result = run("a");
  EXPECT_EQ(result.at("training").at("steps"), 18);
  EXPECT_TRUE(result.at("training").at("seconds").is_null());
  std::filesystem::remove(folders("a").results / (trial_.stem() + ".json"));
  std::filesystem::remove(metrics);
  result = run("a");
  EXPECT_EQ(result.at("training").at("steps"), 18);
  const Experiment experiment{.title = "T", .variants = {}, .notes = {}, .trials = {trial_}};
  const std::string text = results_markdown(experiment, outcomes(experiment, folders("a")), "C");
  EXPECT_NE(text.find("| steps | best step | scoring |"), std::string::npos);
  EXPECT_NE(text.find("| 48 | 18 | 18 | "), std::string::npos);
}

TEST_F(TrialRun, RefusesImagesOfAnotherSizeBeforeItTrains) {
  trial_.height = 7;
  expect_error(ErrorKind::kUsage, "7×6 pixels, got 6×6", [&] { run("a"); });
  EXPECT_EQ(status("a").stage, TrialStatus::Stage::kNotBegun);
}

TEST_F(TrialRun, IsNotFinishedWithoutItsScores) {
  const Json result = timeless(run("a"));
  std::filesystem::remove(folders("a").results / (trial_.stem() + ".npy"));
  EXPECT_EQ(status("a").stage, TrialStatus::Stage::kScoring);
  EXPECT_EQ(timeless(run("a")), result);
  const float one = 1;
  const std::size_t shape[] = {1};
  write_npy<float>(folders("a").results / (trial_.stem() + ".npy"), shape, std::span(&one, 1));
  expect_error(ErrorKind::kData, "got 1 scores, expected 5",
               [&] { trial_outcome(trial_, folders("a")); });
  EXPECT_EQ(status("a").stage, TrialStatus::Stage::kDamaged);
}

TEST_F(TrialRun, RefusesADamagedResult) {
  run("a");
  const auto path = folders("a").results / (trial_.stem() + ".json");
  for (const char* text : {"[1]", "{}", "{\"config\": {}, \"evaluation\": {}}", "{"}) {
    write_file_atomically(path, text);
    expect_error(ErrorKind::kData, trial_.stem(), [&] { trial_outcome(trial_, folders("a")); });
    EXPECT_EQ(status("a").stage, TrialStatus::Stage::kDamaged);
  }
}

TEST_F(TrialRun, RefusesAResultThatLacksWhatIsShown) {
  const Json result = run("a");
  const auto path = folders("a").results / (trial_.stem() + ".json");
  for (const char* place : {"/parameters", "/data_digest", "/training/steps", "/training/seconds",
                            "/training/processor_seconds", "/test/images",
                            "/test/monte_carlo_error", "/train/standard_error", "/data_warning"}) {
    Json damaged = result;
    damaged[Json::json_pointer(place)] = Json::array();
    write_file_atomically(path, damaged.dump());
    expect_error(ErrorKind::kData, place + 1, [&] { trial_outcome(trial_, folders("a")); });
  }
}

TEST_F(TrialRun, LeavesOutALineOfMetricsThatIsNoCheck) {
  Stopper training;
  training.stop_step = 6;
  expect_error(ErrorKind::kInterrupted, "stopped after step", [&] { run("a", training); });
  const auto metrics = folders("a").runs / trial_.stem() / "metrics.jsonl";
  write_file_atomically(metrics, read_file(metrics) + "{}\n");
  EXPECT_EQ(status("a").step, 4);
}

TEST_F(TrialRun, SaysWhatToDoWithARunOfAnotherConfiguration) {
  Stopper training;
  training.stop_step = 6;
  expect_error(ErrorKind::kInterrupted, "stopped after step", [&] { run("a", training); });
  configure("hidden", 6);
  expect_error(ErrorKind::kUsage, "trained anew, move", [&] { run("a"); });
}

TEST_F(TrialRun, RefusesAResultWhoseConfigNoRunCouldHave) {
  Json result = run("a");
  result["config"]["hidden"] = "x";
  write_file_atomically(folders("a").results / (trial_.stem() + ".json"), result.dump());
  expect_error(ErrorKind::kData, "its config is damaged",
               [&] { trial_outcome(trial_, folders("a")); });
  EXPECT_EQ(status("a").stage, TrialStatus::Stage::kDamaged);
}

TEST_F(TrialRun, RefusesAResultThatIsTooDeep) {
  run("a");
  write_file_atomically(folders("a").results / (trial_.stem() + ".json"), testing::deep_json());
  expect_error(ErrorKind::kData, testing::kDeepFault, [&] { trial_outcome(trial_, folders("a")); });
  EXPECT_EQ(status("a").stage, TrialStatus::Stage::kDamaged);
}

// A field that a later version adds has its default in results of before.
TEST_F(TrialRun, TakesAResultThatLacksAFieldForItsDefault) {
  run("a");
  const auto path = folders("a").results / (trial_.stem() + ".json");
  Json result = Json::parse(read_file(path));
  ASSERT_EQ(result.at("config").at("training-images"), 0);
  result.at("config").erase("training-images");
  write_file_atomically(path, result.dump());
  EXPECT_EQ(status("a").stage, TrialStatus::Stage::kFinished);
}

TEST_F(TrialRun, RefusesAResultOfAnotherConfiguration) {
  run("a");
  trial_.evaluation.samples = 5;
  expect_error(ErrorKind::kUsage, "another evaluation",
               [&] { trial_outcome(trial_, folders("a")); });
  trial_.evaluation.samples = 4;
  configure("hidden", 6);
  expect_error(ErrorKind::kUsage, "another config", [&] { trial_outcome(trial_, folders("a")); });
  EXPECT_EQ(status("a").stage, TrialStatus::Stage::kStale);
  EXPECT_EQ(status("a").minutes_left, 8);
  const Experiment experiment{.title = "T", .variants = {}, .notes = {}, .trials = {trial_}};
  EXPECT_TRUE(outcomes(experiment, folders("a")).empty());
}

}  // namespace
}  // namespace spvae
