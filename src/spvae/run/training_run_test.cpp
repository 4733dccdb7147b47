#include "spvae/run/training_run.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/io/atomic_file.h"
#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/json_testing.h"
#include "spvae/io/npy.h"
#include "spvae/io/safetensors.h"
#include "spvae/model/checkpoint.h"
#include "spvae/model/sealed_file.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::TemporaryFolder;

/// Keeps what it is told, and can ask to stop or die after a step.
class Witness : public TrainObserver {
 public:
  void on_start(const TrainStart& start) override { starts.push_back(start); }
  void on_step(std::int64_t step, double) override {
    last_step = step;
    if (step == die_after) raise(SIGKILL);
  }
  void on_check(const CheckReport& report) override { checks.push_back(report); }
  void on_message(const std::string& message) override { messages.push_back(message); }

  bool stop() const { return stop_after >= 0 && last_step >= stop_after; }

  std::int64_t stop_after = -1;
  std::int64_t die_after = -1;
  std::int64_t last_step = 0;
  std::vector<TrainStart> starts;
  std::vector<CheckReport> checks;
  std::vector<std::string> messages;
};

class TrainingRun : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto data = folder_.write(
        "bars", testing::idx_file({60, testing::kSide, testing::kSide}, testing::bar_pixels(60)));
    keys_ = testing::small_run();
    keys_["data"] = data.string();
  }

  TrainingResult run(const std::string& name, RunMode mode, Witness& witness, const Json& given) {
    return run_training(folder_.path() / name, mode, given, witness,
                        [&witness] { return witness.stop(); });
  }
  TrainingResult run(const std::string& name, RunMode mode = RunMode::kNew) {
    Witness witness;
    return run(name, mode, witness, mode == RunMode::kResume ? Json::object() : keys_);
  }

  /// The message of the Error of this kind that a run throws.
  std::string refusal(ErrorKind kind, const std::string& name, RunMode mode, const Json& given) {
    Witness witness;
    try {
      run(name, mode, witness, given);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), kind) << error.what();
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  void stop_after(std::int64_t step, const std::string& name, RunMode mode = RunMode::kNew,
                  const Json& changes = Json::object()) {
    Witness witness;
    witness.stop_after = step;
    Json given = mode == RunMode::kResume ? Json::object() : keys_;
    given.update(changes);
    try {
      run(name, mode, witness, given);
      ADD_FAILURE() << "not interrupted";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInterrupted) << error.what();
      EXPECT_THAT(error.what(), HasSubstr("everything is saved"));
    }
  }

  std::string content(const std::string& name, const std::string& file) const {
    return read_file(folder_.path() / name / file);
  }

  /// The lines of metrics.jsonl without what the clock says.
  std::vector<Json> metrics(const std::string& name) const {
    std::vector<Json> lines;
    std::ifstream file(folder_.path() / name / "metrics.jsonl");
    for (std::string line; std::getline(file, line);) {
      Json json = Json::parse(line);
      for (const char* of_time : {"seconds", "steps_per_second", "processor_seconds_per_step"}) {
        EXPECT_EQ(json.erase(of_time), 1U);
      }
      lines.push_back(json);
    }
    return lines;
  }

  void expect_equal_runs(const std::string& one, const std::string& other) const {
    EXPECT_EQ(content(one, "config.json"), content(other, "config.json"));
    EXPECT_EQ(content(one, "model.safetensors"), content(other, "model.safetensors"));
    EXPECT_EQ(metrics(one), metrics(other));
    const TensorFile a = read_safetensors(folder_.path() / one / "state.safetensors");
    const TensorFile b = read_safetensors(folder_.path() / other / "state.safetensors");
    EXPECT_EQ(a.tensors, b.tensors);
    EXPECT_EQ(a.metadata_value("progress"), b.metadata_value("progress"));
  }

  TemporaryFolder folder_;
  Json keys_;
};

TEST_F(TrainingRun, ValidatesOnSomeImagesAlone) {
  Json few = keys_;
  few["validation-images"] = 2;
  Witness witness;
  run("few", RunMode::kNew, witness, few);
  EXPECT_EQ(witness.starts[0].validation_images, 2);
  few["validation-images"] = 6;  // all
  Witness all;
  run("all", RunMode::kNew, all, few);
  Witness unlimited;
  run("unlimited", RunMode::kNew, unlimited, keys_);
  for (std::size_t i = 0; i < all.checks.size(); ++i) {
    EXPECT_EQ(all.checks[i].check.validation_bound, unlimited.checks[i].check.validation_bound);
    EXPECT_NE(all.checks[i].check.validation_bound, witness.checks[i].check.validation_bound);
  }
}

TEST_F(TrainingRun, LeavesConfigMetricsModelAndState) {
  Witness witness;
  const TrainingResult result = run("a/b", RunMode::kNew, witness, keys_);
  EXPECT_FALSE(result.was_finished);
  EXPECT_EQ(result.progress.step, 18);
  ASSERT_EQ(witness.starts.size(), 1U);
  EXPECT_EQ(witness.starts[0].training_images, 48);
  EXPECT_EQ(witness.starts[0].validation_images, 6);
  EXPECT_EQ(witness.starts[0].config.model.height, testing::kSide);
  ASSERT_EQ(witness.checks.size(), 5U);
  EXPECT_GT(witness.checks[0].steps_per_second, 0);
  EXPECT_EQ(witness.checks.back().seconds_left_at_most, 0);

  // config.json is what --config takes, and names every key that the model does not imply.
  const Json config = Json::parse(content("a/b", "config.json"));
  EXPECT_EQ(run_config_json(run_config(config)), config);
  for (const auto& field : run_fields()) {
    EXPECT_EQ(config.contains(field.info.name), is_written(field, run_config(config)));
  }

  const std::vector<Json> lines = metrics("a/b");
  ASSERT_EQ(lines.size(), 5U);
  EXPECT_EQ(lines[1]["step"], 8);
  EXPECT_EQ(lines[1]["validation_bound"], witness.checks[1].check.validation_bound);

  const StoredModel stored = load_model(folder_.path() / "a/b/model.safetensors");
  EXPECT_EQ(stored.origin.step, result.progress.best_step);
  EXPECT_EQ(stored.origin.validation_bound, result.progress.best_bound);
  EXPECT_EQ(stored.origin.data, "bars");
}

TEST_F(TrainingRun, ThatIsInterruptedAnywhereResumesToTheBitsOfAStraightOne) {
  run("straight");
  for (const std::int64_t step : {0, 1, 4, 6, 17}) {
    const std::string name = "stopped-" + std::to_string(step);
    stop_after(step, name);
    run(name, RunMode::kResume);
    expect_equal_runs("straight", name);
  }
}

TEST_F(TrainingRun, ThatIsInterruptedAgainAndAgainResumesToTheBitsOfAStraightOne) {
  run("straight");
  stop_after(3, "stopped");
  for (const std::int64_t step : {5, 9, 10, 16}) stop_after(step, "stopped", RunMode::kResume);
  run("stopped", RunMode::kResume);
  expect_equal_runs("straight", "stopped");
}

TEST_F(TrainingRun, ThatIsKilledAnywhereResumesToTheBitsOfAStraightOne) {
  run("straight");
  for (const std::int64_t step : {2, 5, 11, 18}) {
    const std::string name = "killed-" + std::to_string(step);
    const pid_t child = fork();
    if (child == 0) {
      Witness witness;
      witness.die_after = step;
      try {
        run(name, RunMode::kNew, witness, keys_);
      } catch (const std::exception&) {
        // Without this the child would go on with the other tests.
      }
      _exit(0);
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));
    run(name, RunMode::kResume);
    expect_equal_runs("straight", name);
  }
}

/// While it lives, this process can write no file longer than `bytes`: as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    handler_ = signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &former_);
    const rlimit limit{bytes, former_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &former_);
    signal(SIGXFSZ, handler_);
  }

 private:
  rlimit former_{};
  void (*handler_)(int);
};

TEST_F(TrainingRun, ThatMeetsAFullDiskKeepsItsFilesAndResumesToTheBitsOfAStraightOne) {
  run("straight");
  stop_after(6, "full");
  const std::string state = content("full", "state.safetensors");
  const std::string model = content("full", "model.safetensors");
  // Too little for a metrics line, for a model, and for a state.
  for (const rlim_t bytes : {rlim_t{100}, rlim_t{4000}, rlim_t{model.size() + 100}}) {
    ASSERT_LT(bytes, state.size());
    {
      const FullDisk full(bytes);
      EXPECT_THAT(refusal(ErrorKind::kIo, "full", RunMode::kResume, Json::object()),
                  HasSubstr("resume"));
    }
    EXPECT_EQ(content("full", "state.safetensors"), state);
    EXPECT_NO_THROW(load_model(folder_.path() / "full/model.safetensors"));
  }
  run("full", RunMode::kResume);
  expect_equal_runs("straight", "full");
}

TEST_F(TrainingRun, GivesTheSameModelForAnyNumberOfThreads) {
  keys_["engine"] = "fused";
  run("one");
  keys_["threads"] = 2;
  run("two");
  EXPECT_EQ(content("one", "model.safetensors"), content("two", "model.safetensors"));
  EXPECT_EQ(metrics("one"), metrics("two"));
}

TEST_F(TrainingRun, MayBeResumedWithOtherThreads) {
  keys_["engine"] = "fused";
  run("straight");
  stop_after(5, "stopped");
  Witness witness;
  run("stopped", RunMode::kResume, witness, {{"threads", 2}, {"batch", 10}});
  expect_equal_runs("straight", "stopped");
}

TEST_F(TrainingRun, RefusesAFolderThatExistsAndSaysWhatToDo) {
  run("a");
  const std::string before = content("a", "model.safetensors");
  EXPECT_THAT(refusal(ErrorKind::kCannotCreate, "a", RunMode::kNew, keys_),
              AllOf(HasSubstr("--resume"), HasSubstr("--force")));
  EXPECT_EQ(content("a", "model.safetensors"), before);
  EXPECT_THAT(refusal(ErrorKind::kCannotCreate, "bars", RunMode::kNew, keys_),
              HasSubstr("it is a file"));
  EXPECT_THAT(refusal(ErrorKind::kCannotCreate, "bars/a", RunMode::kNew, keys_),
              HasSubstr("cannot make"));
}

TEST_F(TrainingRun, ReplacesARunByForceOnceTheNewOneIsKnownToBegin) {
  run("straight");
  keys_["seed"] = 5;
  run("a");
  const std::string before = content("a", "model.safetensors");
  Json bad = keys_;
  bad["data"] = (folder_.path() / "missing").string();
  refusal(ErrorKind::kNoInput, "a", RunMode::kReplace, bad);
  bad["data"] = keys_["data"];
  bad["hidden"] = 0;
  refusal(ErrorKind::kUsage, "a", RunMode::kReplace, bad);
  EXPECT_EQ(content("a", "model.safetensors"), before);

  keys_["seed"] = 0;
  run("a", RunMode::kReplace);
  expect_equal_runs("straight", "a");
}

TEST_F(TrainingRun, MayBeStartedAgainAfterAStartThatFailed) {
  Json bad = keys_;
  bad["data"] = (folder_.path() / "missing").string();
  refusal(ErrorKind::kNoInput, "a", RunMode::kNew, bad);
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "a"));
  // A folder that was there stays, as it was.
  std::filesystem::create_directory(folder_.path() / "a");
  refusal(ErrorKind::kNoInput, "a", RunMode::kNew, bad);
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path() / "a"));
  EXPECT_EQ(run("a").progress.step, 18);
}

TEST_F(TrainingRun, SaysThatAFinishedRunIsFinished) {
  run("a");
  const std::string before = content("a", "state.safetensors");
  Witness witness;
  const TrainingResult result = run("a", RunMode::kResume, witness, Json::object());
  EXPECT_TRUE(result.was_finished);
  EXPECT_EQ(result.progress.step, 18);
  ASSERT_EQ(witness.messages.size(), 1U);
  EXPECT_THAT(witness.messages[0], HasSubstr("finished"));
  EXPECT_TRUE(witness.starts.empty());
  EXPECT_EQ(content("a", "state.safetensors"), before);
}

TEST_F(TrainingRun, RefusesToResumeWhatContradictsTheRun) {
  stop_after(5, "a");
  EXPECT_THAT(refusal(ErrorKind::kUsage, "a", RunMode::kResume, {{"batch", 11}, {"seed", 3}}),
              AllOf(HasSubstr("batch"), HasSubstr("11"), HasSubstr("10")));
  EXPECT_THAT(refusal(ErrorKind::kUsage, "a", RunMode::kResume, {{"btch", 11}}),
              HasSubstr("'btch'"));
  refusal(ErrorKind::kNoInput, "none", RunMode::kResume, Json::object());
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "none"));

  folder_.write("bars",
                testing::idx_file({59, testing::kSide, testing::kSide}, testing::bar_pixels(59)));
  EXPECT_THAT(refusal(ErrorKind::kData, "a", RunMode::kResume, Json::object()),
              HasSubstr("not those"));
}

TEST_F(TrainingRun, OfMaskedImagesResumesToTheSameBitsWithTheSameMaskAlone) {
  run("whole");
  constexpr std::size_t kPixels = testing::kSide * testing::kSide;
  std::vector<std::uint8_t> observed(60 * kPixels, 1);
  for (std::size_t i = 0; i < observed.size(); i += 3) observed[i] = 0;
  const std::size_t shape[] = {60, testing::kSide, testing::kSide};
  const std::filesystem::path mask = folder_.path() / "mask.npy";
  write_npy<std::uint8_t>(mask, shape, observed);
  keys_["mask"] = mask.string();
  run("straight");
  EXPECT_NE(content("straight", "model.safetensors"), content("whole", "model.safetensors"));
  EXPECT_NE(metrics("straight")[0]["validation_bound"], metrics("whole")[0]["validation_bound"]);
  stop_after(9, "a");
  run("a", RunMode::kResume);
  expect_equal_runs("straight", "a");

  stop_after(9, "b");
  std::filesystem::rename(mask, folder_.path() / "moved.npy");
  EXPECT_THAT(refusal(ErrorKind::kNoInput, "b", RunMode::kResume, Json::object()),
              HasSubstr("mask.npy"));
  Witness witness;
  run("b", RunMode::kResume, witness, {{"mask", (folder_.path() / "moved.npy").string()}});
  EXPECT_EQ(load_model(folder_.path() / "b/model.safetensors").origin.data_digest,
            load_model(folder_.path() / "straight/model.safetensors").origin.data_digest);
  stop_after(9, "c", RunMode::kNew, {{"mask", (folder_.path() / "moved.npy").string()}});
  observed[1] = 0;
  write_npy<std::uint8_t>(folder_.path() / "moved.npy", shape, observed);
  EXPECT_THAT(refusal(ErrorKind::kData, "c", RunMode::kResume, Json::object()),
              HasSubstr("not those"));
}

TEST_F(TrainingRun, LearnsFromArraysOfWhichPixelsAreNan) {
  std::vector<float> values;
  for (const std::uint8_t pixel : testing::bar_pixels(60)) {
    values.push_back(static_cast<float>(pixel) / 255.0F);
  }
  for (std::size_t i = 0; i < values.size(); i += 5) {
    values[i] = std::numeric_limits<float>::quiet_NaN();
  }
  const std::size_t shape[] = {60, testing::kSide, testing::kSide};
  write_npy<float>(folder_.path() / "holes.npy", shape, values);
  keys_["data"] = (folder_.path() / "holes.npy").string();
  EXPECT_THAT(refusal(ErrorKind::kData, "a", RunMode::kNew, keys_), HasSubstr("--missing nan"));
  keys_["missing"] = "nan";
  keys_["dequantize"] = "on";
  for (const char* likelihood : {"gaussian", "logistic"}) {
    keys_["likelihood"] = likelihood;
    Witness witness;
    const TrainingResult result = run(likelihood, RunMode::kNew, witness, keys_);
    EXPECT_TRUE(std::isfinite(result.progress.best_bound));
    EXPECT_GT(witness.checks.back().check.training_bound,
              witness.checks.front().check.training_bound);
  }
}

TEST_F(TrainingRun, OfStandardisedVectorsResumesToTheBitsOfAStraightOneForAnyNumberOfThreads) {
  std::string table = "a,b,c,d,e\n";
  for (int row = 0; row < 60; ++row) {
    const double x = std::sin(row);
    table += fmt::format("{},{},{},{},{}\n", 100 + 20 * x, x * x, row % 7 == 0 ? "" : "-3", x * row,
                         row);
  }
  // One column with little variance: what is missing of it does not count.
  table.replace(table.find("-3"), 2, "-4");
  keys_.update({{"data", folder_.write("t.csv", {table.begin(), table.end()}).string()},
                {"standardise", true},
                {"missing", "nan"},
                {"engine", "fused"}});
  keys_.erase("delta");
  run("straight");
  stop_after(7, "resumed");
  run("resumed", RunMode::kResume);
  expect_equal_runs("straight", "resumed");
  keys_["threads"] = 2;
  run("two");
  const Spvae model = load_model(folder_.path() / "straight" / RunFolder::kModelFile).model;
  EXPECT_EQ(model.config().structure, Structure::kRandom);
  EXPECT_EQ(model.config().leaf_variables, 2);
  EXPECT_EQ(model.config().columns.names, (std::vector<std::string>{"a", "b", "c", "d", "e"}));
  EXPECT_EQ(model.config().columns.mean.size(), 5u);
  const Spvae two = load_model(folder_.path() / "two" / RunFolder::kModelFile).model;
  EXPECT_TRUE(std::ranges::equal(model.parameters(), two.parameters()));
  EXPECT_EQ(model.config().columns.deviation, two.config().columns.deviation);
}

TEST_F(TrainingRun, OfVectorsRefusesWhatOnlyImagesHave) {
  const std::string table = "a,b\n" + [] {
    std::string rows;
    for (int row = 0; row < 20; ++row) rows += fmt::format("{},{}\n", row, row * row);
    return rows;
  }();
  keys_["data"] = folder_.write("t.csv", {table.begin(), table.end()}).string();
  keys_.erase("delta");
  const auto refused = [&](const Json& change) {
    Json keys = keys_;
    keys.update(change);
    return refusal(ErrorKind::kUsage, "run", RunMode::kNew, keys);
  };
  for (const Json& change : {Json{{"stretch", "image"}}, Json{{"dequantize", "on"}},
                             Json{{"colour", "rgb"}}, Json{{"binarise", "threshold"}}}) {
    EXPECT_THAT(refused(change), HasSubstr("is of images, but the data of t.csv are vectors"));
  }
  EXPECT_THAT(refused({{"structure", "quad-tree"}}), HasSubstr("divides a plane of pixels"));
  EXPECT_THAT(refused({{"model", "conv-vae"}}), HasSubstr("the data are vectors"));
  EXPECT_THAT(refused({{"standardise", true}, {"likelihood", "binomial"}}),
              HasSubstr("standardise: the likelihood binomial is of whole numbers"));
}

TEST_F(TrainingRun, MayBeResumedWithDataThatHaveMovedAndWithoutItsMetrics) {
  run("straight");
  stop_after(9, "a");
  std::filesystem::rename(folder_.path() / "bars", folder_.path() / "moved");
  EXPECT_THAT(refusal(ErrorKind::kNoInput, "a", RunMode::kResume, Json::object()),
              HasSubstr("--data"));
  std::filesystem::remove(folder_.path() / "a" / "metrics.jsonl");
  Witness witness;
  run("a", RunMode::kResume, witness, {{"data", (folder_.path() / "moved").string()}});
  EXPECT_EQ(load_model(folder_.path() / "a/model.safetensors").origin.step,
            load_model(folder_.path() / "straight/model.safetensors").origin.step);
  EXPECT_EQ(read_safetensors(folder_.path() / "a/state.safetensors").tensors,
            read_safetensors(folder_.path() / "straight/state.safetensors").tensors);
  EXPECT_EQ(metrics("a").front()["step"], 12);
}

TEST_F(TrainingRun, KeepsWhereNamedSetsAreLookedForFirst) {
  const std::filesystem::path sets = folder_.path() / "sets";
  std::filesystem::create_directory(sets);
  run("a");
  EXPECT_EQ(kept_data_dir(folder_.path() / "a"), "");
  keys_["data-dir"] = sets.string();
  run("b");
  EXPECT_EQ(kept_data_dir(folder_.path() / "b"), sets.string());
  std::filesystem::remove(sets);
  EXPECT_EQ(kept_data_dir(folder_.path() / "b"), "");
  folder_.write("b/config.json", {'{'});
  EXPECT_EQ(kept_data_dir(folder_.path() / "b"), "");
  EXPECT_EQ(kept_data_dir(folder_.path() / "none"), "");
}

TEST_F(TrainingRun, SaysDataDirWhereANamedSetIsNotFoundAgain) {
  stop_after(5, "a");
  const Json given = {{"data", "svhn"}, {"data-dir", (folder_.path() / "gone").string()}};
  const std::string message = refusal(ErrorKind::kNoInput, "a", RunMode::kResume, given);
  EXPECT_THAT(message, HasSubstr("gone, expected a folder that holds data sets; say --data-dir"));
  EXPECT_THAT(message, Not(HasSubstr("--data ")));
  EXPECT_THAT(message, Not(EndsWith("--data")));
}

TEST_F(TrainingRun, FindsItsDataFromAnyFolder) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_.path());
  keys_["data"] = "./bars";
  stop_after(5, "a");
  std::filesystem::current_path(before);
  EXPECT_EQ(run("a", RunMode::kResume).progress.step, 18);
}

TEST_F(TrainingRun, RefusesADamagedConfigOrState) {
  stop_after(5, "a");
  const auto state = folder_.path() / "a" / "state.safetensors";
  const std::string whole = read_file(state);
  for (const std::size_t size : {std::size_t{0}, std::size_t{9}, whole.size() - 1}) {
    std::ofstream(state, std::ios::binary) << whole.substr(0, size);
    EXPECT_THAT(refusal(ErrorKind::kData, "a", RunMode::kResume, Json::object()),
                HasSubstr("state.safetensors"));
  }
  std::string damaged = whole;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  std::ofstream(state, std::ios::binary) << damaged;
  EXPECT_THAT(refusal(ErrorKind::kData, "a", RunMode::kResume, Json::object()),
              HasSubstr("digest"));
  std::ofstream(state, std::ios::binary) << whole;
  std::ofstream(folder_.path() / "a" / "config.json") << "{\"batch\": ";
  EXPECT_THAT(refusal(ErrorKind::kData, "a", RunMode::kResume, Json::object()),
              HasSubstr("config.json"));
  std::ofstream(folder_.path() / "a" / "config.json") << testing::deep_json();
  EXPECT_THAT(refusal(ErrorKind::kData, "a", RunMode::kResume, Json::object()),
              AllOf(HasSubstr("config.json"), HasSubstr(testing::kDeepFault)));
}

TEST_F(TrainingRun, RefusesAStateWhoseMetadataNoRunHas) {
  stop_after(5, "a");
  const auto path = folder_.path() / "a" / "state.safetensors";
  const TensorFile whole = read_safetensors(path);
  const auto refusal_with = [&](const std::string& key, const std::string& value) {
    TensorFile file = whole;
    file.metadata[key] = value;
    write_sealed(path, {"spvae-training-state", "2", "training state"}, file);
    return refusal(ErrorKind::kData, "a", RunMode::kResume, Json::object());
  };
  for (const char* key : {"progress", "config", "metrics_bytes"}) {
    EXPECT_THAT(refusal_with(key, testing::deep_json()),
                AllOf(HasSubstr(path.string()), HasSubstr(key), HasSubstr(testing::kDeepFault)));
    EXPECT_THAT(refusal_with(key, "[]"), HasSubstr(path.string()));
  }
  Json progress = whole.metadata_json("progress");
  progress["step"] = -1;
  EXPECT_THAT(refusal_with("progress", progress.dump()), HasSubstr("step: got -1"));
  progress.erase("step");
  EXPECT_THAT(refusal_with("progress", progress.dump()), HasSubstr("'step' is missing"));
  EXPECT_THAT(refusal_with("metrics_bytes", "-1"), HasSubstr("metrics_bytes: got -1"));
}

TEST_F(TrainingRun, IsLockedAgainstASecondTrainer) {
  stop_after(5, "a");
  const FileLock other(folder_.path() / "a" / "lock");
  refusal(ErrorKind::kCannotCreate, "a", RunMode::kResume, Json::object());
  refusal(ErrorKind::kCannotCreate, "a", RunMode::kReplace, keys_);
  EXPECT_EQ(metrics("a").size(), 1U);
}

TEST_F(TrainingRun, KeepsItsBestModelWhenTheBoundIsNoLongerFinite) {
  // A learning rate that soon overflows float32.
  keys_["learning-rate"] = 1;
  keys_["max-steps"] = 100000;
  keys_["patience"] = 100000;
  keys_["validate-every"] = 1;
  const std::string message = refusal(ErrorKind::kNumerical, "a", RunMode::kNew, keys_);
  EXPECT_THAT(message, AllOf(HasSubstr("step"), HasSubstr("seed 0"), HasSubstr("is kept in")));
  EXPECT_NO_THROW(load_model(folder_.path() / "a/model.safetensors"));
}

}  // namespace
}  // namespace spvae
