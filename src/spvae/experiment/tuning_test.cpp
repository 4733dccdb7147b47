#include "spvae/experiment/tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "spvae/core/error_testing.h"
#include "spvae/experiment/run_metrics.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/json_testing.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

using ::testing::Contains;
using testing::expect_error;
using ::testing::StartsWith;

class Counter : public TuningObserver {
 public:
  void on_point(const TuningPoint& point, int, int) override { names.push_back(point.name()); }
  void on_points(const std::vector<TuningPoint>&) override {}
  void on_start(const TrainStart&) override {}
  void on_step(std::int64_t, double) override { ++steps; }
  void on_check(const CheckReport&) override {}
  void on_message(const std::string& message) override { messages.push_back(message); }

  std::vector<std::string> names;
  std::vector<std::string> messages;
  int steps = 0;
};

class Tuning : public ::testing::Test {
 protected:
  Tuning() {
    keys_ = testing::small_run();
    keys_.erase("hidden");
    keys_.erase("latent");
    keys_["data"] = folder_
                        .write("bars", testing::idx_file({60, testing::kSide, testing::kSide},
                                                         testing::bar_pixels(60)))
                        .string();
  }
  std::vector<TuningPoint> search(const std::string& name, const TuningConfig& config,
                                  Counter& counter, int stop_after = 1000) {
    return tune(
        tuning_points(folder_.path() / name, keys_, parse_grid("hidden=3,5;latent=1,2"), config),
        config, counter, [&counter, stop_after] { return counter.steps >= stop_after; });
  }
  /// Of a grid in which a learning rate of 10 leaves the finite within the 18 steps of a run.
  std::vector<TuningPoint> search_failing(const std::string& grid, const TuningConfig& config,
                                          Counter& counter) {
    keys_["beta1"] = 0;
    keys_["beta2"] = 0;
    keys_["hidden-layers"] = 6;
    keys_["engine"] = "fused";
    return tune(tuning_points(folder_.path() / "failing", keys_, parse_grid(grid), config), config,
                counter, [] { return false; });
  }

  testing::TemporaryFolder folder_;
  Json keys_;
  int searches_ = 0;
};

std::vector<std::string> names_of(const std::vector<TuningPoint>& points) {
  std::vector<std::string> names;
  for (const TuningPoint& point : points) names.push_back(point.name());
  return names;
}

TEST_F(Tuning, TrainsEveryPointAndPutsTheBestFirst) {
  Counter counter;
  const auto points = search("a", {}, counter);
  EXPECT_EQ(counter.names, (std::vector<std::string>{"hidden=3 latent=1", "hidden=3 latent=2",
                                                     "hidden=5 latent=1", "hidden=5 latent=2"}));
  EXPECT_EQ(counter.steps, 4 * 18);
  for (std::size_t i = 0; i < points.size(); ++i) {
    EXPECT_TRUE(points[i].finished);
    EXPECT_EQ(points[i].step, 18);
    double best = -1e9;
    for (const Json& line : run_metrics(points[i].run)) {
      best = std::max(best, line.at("validation_bound").get<double>());
    }
    EXPECT_EQ(points[i].validation_bound, best);
    if (i > 0) {
      EXPECT_LE(best, points[i - 1].validation_bound);
    }
  }
}

TEST_F(Tuning, GoesOnToTheSameResultAfterAStop) {
  Counter straight;
  const auto expected = search("straight", {.halving = 2, .first_steps = 4}, straight);
  Counter counter;
  for (const int stop_after : {3, 20}) {
    expect_error(ErrorKind::kInterrupted, "stopped",
                 [&] { search("cut", {.halving = 2, .first_steps = 4}, counter, stop_after); });
  }
  const auto resumed = search("cut", {.halving = 2, .first_steps = 4}, counter);
  EXPECT_EQ(counter.steps, straight.steps);
  EXPECT_EQ(names_of(resumed), names_of(expected));
  for (std::size_t i = 0; i < resumed.size(); ++i) {
    EXPECT_EQ(resumed[i].validation_bound, expected[i].validation_bound);
  }
  // Once more: nothing is left to train.
  Counter again;
  search("cut", {.halving = 2, .first_steps = 4}, again);
  EXPECT_EQ(again.steps, 0);
}

// Four points to step 4, two of them to step 8, one to the end at 18.
TEST_F(Tuning, HalvingDropsTheWorseHalf) {
  Counter counter;
  const auto points = search("a", {.halving = 2, .first_steps = 4}, counter);
  EXPECT_EQ(counter.steps, 4 * 4 + 2 * 4 + 10);
  EXPECT_EQ(points[0].rung, 2);
  EXPECT_TRUE(points[0].finished);
  EXPECT_EQ(points[1].rung, 1);
  EXPECT_EQ(points[1].step, 8);
  for (const std::size_t dropped : {2u, 3u}) {
    EXPECT_EQ(points[dropped].step, 4);
    EXPECT_EQ(points[dropped].rung, 0);
  }
  // What went on was the best at step 4, not what became the best later.
  double worst_kept = 1e9;
  double best_dropped = -1e9;
  for (const TuningPoint& point : points) {
    const double at_four = run_metrics(point.run).front().at("validation_bound");
    if (point.rung > 0) {
      worst_kept = std::min(worst_kept, at_four);
    } else {
      best_dropped = std::max(best_dropped, at_four);
    }
  }
  EXPECT_GE(worst_kept, best_dropped);
}

// A rung ends at the first check at or behind its step, and what was measured there counts.
TEST_F(Tuning, RungsNeedNotEndWhereChecksAre) {
  for (const int first_steps : {3, 5}) {
    const std::string name = "first steps " + std::to_string(first_steps);
    Counter counter;
    const auto points = search(name, {.halving = 2, .first_steps = first_steps}, counter);
    for (const TuningPoint& point : points) {
      EXPECT_GT(point.validation_bound, -1e9) << point.name();
      EXPECT_GE(point.step, first_steps);
    }
    Counter again;
    EXPECT_EQ(names_of(search(name, {.halving = 2, .first_steps = first_steps}, again)),
              names_of(points));
    EXPECT_EQ(again.steps, 0);
  }
}

TEST_F(Tuning, GoesOnWithoutAPointWhoseNumbersLeaveTheFinite) {
  Counter counter;
  const auto points = search_failing("learning-rate=10,0.001", {}, counter);
  EXPECT_EQ(points[0].name(), "learning-rate=0.001");
  EXPECT_TRUE(points[0].finished);
  EXPECT_TRUE(points[1].failed);
  EXPECT_THAT(counter.messages, Contains(StartsWith("warning: learning-rate=10.0 failed: ")));
}

TEST_F(Tuning, ReturnsFailedPointsWhereAllFail) {
  for (const int halving : {0, 2}) {
    Counter counter;
    const auto points =
        search_failing("learning-rate=10;patience=100,99", {.halving = halving}, counter);
    EXPECT_EQ(points.size(), 2u);
    for (const TuningPoint& point : points) EXPECT_TRUE(point.failed) << point.name();
  }
}

// Two of four points fail on the first rung: both others go on to the second, one to the third.
TEST_F(Tuning, HalvingGivesNoPlaceToPointsThatFailed) {
  Counter counter;
  const auto points = search_failing("learning-rate=10,0.001;patience=100,99",
                                     {.halving = 2, .first_steps = 17}, counter);
  EXPECT_EQ(points[0].rung, 2);
  EXPECT_TRUE(points[0].finished);
  EXPECT_EQ(points[1].rung, 1);
  EXPECT_TRUE(points[1].finished);
  for (const std::size_t failed : {2u, 3u}) {
    EXPECT_TRUE(points[failed].failed);
    EXPECT_EQ(points[failed].rung, 0);
  }
}

TEST(TuningPoints, AreOrderedByFailureThenRungThenBound) {
  const auto point = [](int rung, double bound, bool failed) {
    return TuningPoint{.values = {}, .validation_bound = bound, .rung = rung, .failed = failed};
  };
  const std::vector<TuningPoint> ordered = {point(2, -3, false), point(1, -1, false),
                                            point(1, -2, false), point(0, -1, false),
                                            point(2, -1, true),  point(0, -1, true)};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t j = 0; j < ordered.size(); ++j) {
      EXPECT_EQ(is_better(ordered[i], ordered[j]), i < j) << i << " " << j;
    }
  }
}

TEST_F(Tuning, TakesARandomPartOfTheGridThatTheSeedDetermines) {
  const auto chosen = [this](int seed) {
    keys_["seed"] = seed;
    keys_["max-steps"] = 1;
    Counter counter;
    search("seed " + std::to_string(seed) + std::to_string(++searches_), {.points = 2}, counter);
    return counter.names;
  };
  EXPECT_EQ(chosen(0).size(), 2u);
  EXPECT_EQ(chosen(0), chosen(0));
  std::set<std::vector<std::string>> all;
  for (int seed = 0; seed < 6; ++seed) all.insert(chosen(seed));
  EXPECT_GT(all.size(), 1u);
}

TEST(Grid, IsReadFromATextOrANameOfThePaper) {
  const Grid grid = parse_grid("k_sum=1,2;hidden=4");
  ASSERT_EQ(grid.size(), 2u);
  EXPECT_EQ(grid[0].key, "k-sum");
  EXPECT_EQ(grid[0].values, (std::vector<Json>{1, 2}));
  EXPECT_EQ(parse_grid("vae")[1].values.size(), 8u);
  for (const char* name : {"spvae", "spvae-h30", "conv-spvae", "conv-vae"}) {
    EXPECT_EQ(parse_grid(name).size(), 2u) << name;
  }
}

TEST(Grid, IsReadFromAFile) {
  const testing::TemporaryFolder folder;
  const std::string path = (folder.path() / "g.json").string();
  write_file_atomically(path, R"({"hidden": [8, 16], "filters": [[4, 8], [8, 16]]})");
  EXPECT_EQ(parse_grid(path)[1].values, (std::vector<Json>{{4, 8}, {8, 16}}));
  write_file_atomically(path, R"({"hidden": [)" + testing::deep_json() + "]}");
  expect_error(ErrorKind::kUsage, path + ": " + testing::kDeepFault, [&] { parse_grid(path); });
}

TEST(Grid, RefusesWhatARunDoesNotHave) {
  const auto refused = [](const std::string& text, const std::string& part) {
    expect_error(ErrorKind::kUsage, part, [&] { parse_grid(text); });
  };
  refused("hiden=3", "hidden");
  refused("hidden=3;hidden=4", "once");
  refused("hidden=", "hidden");
  refused("hidden=x", "hidden");
  refused("=3", "KEY=VALUE");
  refused("resnet", "conv-vae");
  refused("hidden=2,3,2", "given twice");
  refused("threads=1,2", "changes no result");
  for (const char* text :
       {"likelihood=gaussian,logistic", "data-seed=1,2", "validation-samples=1,50"}) {
    refused(text, "not be comparable");
  }
  refused("validation_samples=1,50", "give all points the same by --validation-samples");
}

}  // namespace
}  // namespace spvae
