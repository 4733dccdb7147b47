#include "spvae/run/class_runs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spvae/core/error_testing.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

using testing::Bytes;
using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;

namespace fs = std::filesystem;

/// Keeps which steps were done.
class Steps : public TrainObserver {
 public:
  void on_start(const TrainStart& start) override {
    images.push_back(start.training_images + start.validation_images);
  }
  void on_step(std::int64_t, double) override { ++steps; }
  void on_check(const CheckReport&) override {}
  void on_message(const std::string&) override {}

  int steps = 0;
  std::vector<int> images;  ///< of each run that began or went on
};

class ClassTraining : public ::testing::Test {
 protected:
  void SetUp() override {
    keys_ = testing::small_run();
    keys_["max-steps"] = 6;
    keys_["data"] = folder_
                        .write("bars", testing::idx_file({60, testing::kSide, testing::kSide},
                                                         testing::bar_pixels(60)))
                        .string();
    write_labels({"cat", "wild dog", "cat"});
  }

  /// Labels over and over again, one for each of 60 images.
  void write_labels(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < 60; ++i) text += names[i % names.size()] + "\n";
    keys_["labels"] = folder_.write("labels.txt", Bytes(text.begin(), text.end())).string();
  }

  fs::path path(const std::string& name) const { return folder_.path() / name; }

  /// Trains; stops after so many steps.
  std::vector<spvae::ClassTraining> train(const std::string& name, RunMode mode, const Json& given,
                                          int most_steps = 1000) {
    steps_ = Steps();
    classes_.clear();
    return train_classes(
        path(name), mode, given, steps_,
        [this](const ClassRun& run, int number, int count) {
          classes_.push_back(std::to_string(number) + "/" + std::to_string(count) + " " + run.name);
        },
        [this, most_steps] { return steps_.steps >= most_steps; });
  }

  std::string model(const std::string& name, const std::string& of_class) const {
    return read_file(path(name) / of_class / RunFolder::kModelFile);
  }

  void expect_same_models(const std::string& one, const std::string& other) const {
    for (const char* of_class : {"class-cat", "class-wild%20dog"}) {
      EXPECT_EQ(model(one, of_class), model(other, of_class));
    }
  }

  testing::TemporaryFolder folder_;
  Json keys_;
  Steps steps_;
  std::vector<std::string> classes_;
};

TEST_F(ClassTraining, MakesARunForEachClassOfItsImagesAlone) {
  const auto trained = train("all", RunMode::kNew, keys_);
  EXPECT_THAT(classes_, ElementsAre("1/2 cat", "2/2 wild dog"));
  const ClassRuns runs = load_class_runs(path("all"));
  ASSERT_EQ(runs.classes.size(), 2u);
  int images = 0;
  for (std::size_t i = 0; i < 2; ++i) {
    const ClassRun& run = runs.classes[i];
    EXPECT_EQ(trained[i].run, run);
    EXPECT_EQ(trained[i].result.progress.step, 6);
    EXPECT_EQ(steps_.images[i], run.training_images + run.validation_images);
    images += steps_.images[i];
  }
  EXPECT_EQ(images, 54);  // without the tenth for the test
  // The same as a run of the class by itself.
  Json own = keys_;
  own["class"] = "wild dog";
  run_training(path("own"), RunMode::kNew, own, steps_, [] { return false; });
  EXPECT_EQ(model("all", "class-wild%20dog"), model("", "own"));
  EXPECT_NE(model("all", "class-wild%20dog"), model("all", "class-cat"));
}

TEST_F(ClassTraining, ThatIsInterruptedGoesOnToTheBitsOfAStraightOne) {
  train("straight", RunMode::kNew, keys_);
  for (const RunMode mode : {RunMode::kNew, RunMode::kResume}) {
    for (const int stop : {0, 3, 6, 8}) {
      const std::string name = "stopped-" + std::to_string(int(mode)) + std::to_string(stop);
      expect_error(ErrorKind::kInterrupted, "everything is saved",
                   [&] { train(name, RunMode::kNew, keys_, stop); });
      train(name, mode, mode == RunMode::kNew ? keys_ : Json::object());
      EXPECT_EQ(steps_.steps, 12 - stop);
      expect_same_models("straight", name);
    }
  }
}

TEST_F(ClassTraining, ThatIsFinishedIsKept) {
  train("all", RunMode::kNew, keys_);
  const auto trained = train("all", RunMode::kNew, keys_);
  EXPECT_EQ(steps_.steps, 0);
  EXPECT_TRUE(trained[1].result.was_finished);
  EXPECT_EQ(trained[1].result.progress.step, 6);
}

TEST_F(ClassTraining, WithAnotherConfigOrOtherLabelsIsRefusedOrReplaced) {
  train("all", RunMode::kNew, keys_);
  Json other = keys_;
  other["hidden"] = 7;
  for (const RunMode mode : {RunMode::kNew, RunMode::kResume}) {
    expect_error(ErrorKind::kUsage, "got hidden 7, but the run to resume has 5",
                 [&] { train("all", mode, other); });
  }
  train("all", RunMode::kReplace, other);
  EXPECT_EQ(steps_.steps, 12);
  EXPECT_EQ(load_class_runs(path("all")).config.at("hidden"), 7);

  write_labels({"cat", "wild dog"});
  for (const RunMode mode : {RunMode::kNew, RunMode::kResume}) {
    expect_error(ErrorKind::kData, "the data or their labels are not those",
                 [&] { train("all", mode, mode == RunMode::kNew ? other : Json::object()); });
  }
}

TEST_F(ClassTraining, ThatWasReplacedAndInterruptedGoesOn) {
  train("all", RunMode::kNew, keys_);
  keys_["hidden"] = 7;
  train("straight", RunMode::kNew, keys_);
  expect_error(ErrorKind::kInterrupted, "saved",
               [&] { train("all", RunMode::kReplace, keys_, 2); });
  train("all", RunMode::kResume, Json::object());
  EXPECT_EQ(steps_.steps, 10);
  expect_same_models("straight", "all");
}

TEST_F(ClassTraining, LeavesOtherFoldersAlone) {
  Json own = keys_;
  own["class"] = "cat";
  run_training(path("own"), RunMode::kNew, own, steps_, [] { return false; });
  const std::string before = model("", "own");
  for (const RunMode mode : {RunMode::kNew, RunMode::kReplace}) {
    expect_error(ErrorKind::kCannotCreate, "choose another --out",
                 [&] { train("own", mode, keys_); });
  }
  expect_error(ErrorKind::kNoInput, "no models of classes",
               [&] { train("own", RunMode::kResume, Json::object()); });
  expect_error(ErrorKind::kNoInput, "no models of classes",
               [&] { train("none", RunMode::kResume, Json::object()); });
  EXPECT_EQ(model("", "own"), before);
  EXPECT_FALSE(fs::exists(path("none")));
}

TEST_F(ClassTraining, WithoutTwoClassesOfEnoughImagesLeavesNothing) {
  const auto refused = [&](ErrorKind kind, const std::string& part) {
    expect_error(kind, part, [&] { train("none", RunMode::kNew, keys_); });
    EXPECT_FALSE(fs::exists(path("none")));
    EXPECT_THAT(classes_, IsEmpty());
  };
  write_labels({"cat"});
  refused(ErrorKind::kData, "got one class, cat, expected at least two");
  std::vector<std::string> names(60, "cat");
  names[0] = "dog";
  write_labels(names);
  refused(ErrorKind::kData, "expected at least one of each");
  write_labels({"cat", "d\xf6g"});
  refused(ErrorKind::kUsage, "expected a text in UTF-8");
  keys_.erase("labels");
  refused(ErrorKind::kNoInput, "there are no labels");
}

}  // namespace
}  // namespace spvae
