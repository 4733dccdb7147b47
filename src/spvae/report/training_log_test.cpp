#include "spvae/report/sections.h"

#include <gtest/gtest.h>

#include "spvae/io/idx_testing.h"
#include "spvae/run/run_folder.h"

namespace spvae {
namespace {

TEST(TrainingLog, LeavesOutWhatIsNoWholeCheck) {
  const testing::TemporaryFolder folder;
  const std::string text =
      "{\"step\":1,\"training_bound\":2,\"validation_bound\":3,\"steps_per_second\":4}\n"
      "{\"step\":2,\"training_bound\":null,\"validation_bound\":3,\"steps_per_second\":4}\n"
      "{\"step\":3}\n[4]\n"
      "{\"step\":5,\"training_bound\":2,\"validation_bound\":3,\"steps_per_second\":4}\n"
      "{\"step\":6,\"trai";
  folder.write(RunFolder::kMetricsFile, {text.begin(), text.end()});
  const std::vector<Json> log = training_log(folder.path().string());
  ASSERT_EQ(log.size(), 2u);
  EXPECT_EQ(log[1].at("step"), 5);
  EXPECT_EQ(training_log((folder.path() / RunFolder::kModelFile).string()), log);
}

TEST(TrainingLog, IsEmptyWhereThereIsNone) {
  const testing::TemporaryFolder folder;
  EXPECT_TRUE(training_log(folder.path().string()).empty());
  EXPECT_TRUE(training_log("/none/such").empty());
}

}  // namespace
}  // namespace spvae
