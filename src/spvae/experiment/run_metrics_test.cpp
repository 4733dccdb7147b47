#include "spvae/experiment/run_metrics.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>

#include "spvae/io/idx_testing.h"
#include "spvae/io/json_testing.h"
#include "spvae/run/run_folder.h"

namespace spvae {
namespace {

Json check(int step, const Json& rate, const Json& processor) {
  return {{"step", step},
          {"validation_bound", -3},
          {"steps_per_second", rate},
          {"processor_seconds_per_step", processor}};
}

TEST(RunMetrics, LeavesOutWhatIsNoWholeCheck) {
  const testing::TemporaryFolder folder;
  const std::string text = check(1, 4, 5).dump() + "\n{}\n[4]\n{\"step\":2}\n" +
                           check(3, "x", 5).dump() + "\n" + check(5, 4, 5).dump() + "\n{\"st";
  folder.write(RunFolder::kMetricsFile, {text.begin(), text.end()});
  const std::vector<Json> metrics = run_metrics(folder.path());
  ASSERT_EQ(metrics.size(), 2u);
  EXPECT_EQ(metrics[1].at("step"), 5);
}

TEST(RunMetrics, EndWhereALineIsNoJsonThatIsTaken) {
  const testing::TemporaryFolder folder;
  const std::string text =
      check(1, 4, 5).dump() + "\n" + testing::deep_json() + "\n" + check(5, 4, 5).dump() + "\n";
  folder.write(RunFolder::kMetricsFile, {text.begin(), text.end()});
  EXPECT_EQ(run_metrics(folder.path()).size(), 1u);
}

TEST(RunMetrics, AreNoneWhereThereIsNoFile) {
  const testing::TemporaryFolder folder;
  EXPECT_TRUE(run_metrics(folder.path()).empty());
  ASSERT_EQ(mkfifo((folder.path() / RunFolder::kMetricsFile).c_str(), 0600), 0);
  EXPECT_TRUE(run_metrics(folder.path()).empty());
}

TEST(TrainingTime, IsOfAllStepsAtThePaceOfTheirCheck) {
  const auto time = training_time({check(10, 2, 0.75), check(14, 4, 0.5)}, 14);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->seconds, 10 / 2.0 + 4 / 4.0);
  EXPECT_EQ(time->processor_seconds, 10 * 0.75 + 4 * 0.5);
}

// A run that was stopped when a check was due makes it first when it goes on.
TEST(TrainingTime, OfACheckWithoutAStepBeforeItIsAtThePaceBefore) {
  const auto time = training_time({check(10, 2, 0.75), check(14, 0, Json())}, 14);
  ASSERT_TRUE(time);
  EXPECT_EQ(time->seconds, 14 / 2.0);
  EXPECT_EQ(time->processor_seconds, 14 * 0.75);
}

TEST(TrainingTime, IsUnknownWhereChecksWereLost) {
  EXPECT_FALSE(training_time({check(10, 2, 0.75)}, 14));
  EXPECT_FALSE(training_time({}, 14));
}

}  // namespace
}  // namespace spvae
