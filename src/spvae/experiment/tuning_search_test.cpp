
#include <gtest/gtest.h>

#include "spvae/core/error_testing.h"
#include "spvae/experiment/tuning_results.h"
#include "spvae/io/idx_testing.h"
#include "spvae/io/json_testing.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

using testing::expect_error;

class TuningSearch : public ::testing::Test {
 protected:
  struct Search {
    std::vector<TuningPoint> points;
    Json json;
  };

  TuningSearch() {
    keys_ = testing::small_run();
    keys_.erase("hidden");
    keys_.erase("latent");
    keys_.erase("delta");
    keys_["data"] = write_bars("bars", 60);
  }
  std::string write_bars(const std::string& name, int count) {
    return folder_
        .write(name, testing::idx_file(
                         {static_cast<std::uint32_t>(count), testing::kSide, testing::kSide},
                         testing::bar_pixels(count)))
        .string();
  }
  Search search(const std::string& text, const TuningConfig& config = {},
                const Json& changes = Json::object()) {
    Json given = keys_;
    given.update(changes);
    const Grid grid = parse_grid(text);
    std::vector<TuningPoint> points = tuning_points(folder_.path(), given, grid, config);
    const DataSet data(data_config(run_config(given)));
    Json json = search_json("spvae tune", run_config(given).train.seed, grid, config, points, data);
    return {std::move(points), std::move(json)};
  }
  void store(const Search& done) { write_tuning_results(folder_.path(), done.json, done.points); }
  void expect_taken(const Search& next) {
    EXPECT_NO_THROW(check_same_search(folder_.path(), next.json, next.points));
  }
  void expect_refused(const std::string& part, const Search& next) {
    expect_error(ErrorKind::kUsage, part,
                 [&] { check_same_search(folder_.path(), next.json, next.points); });
  }

  testing::TemporaryFolder folder_;
  Json keys_;
};

TEST_F(TuningSearch, SaysHowItIsMade) {
  const Json json =
      search("hidden=3,5;latent=1", {.points = 1, .halving = 2, .first_steps = 8}).json;
  EXPECT_EQ(json.at("search"),
            (Json{{"grid", {{"hidden", Json::array({3, 5})}, {"latent", Json::array({1})}}},
                  {"points", 1},
                  {"halving", 2},
                  {"first-steps", 8},
                  {"seed", 0}}));
  EXPECT_EQ(json.at("command"), "spvae tune");
  EXPECT_EQ(json.at("data"), "bars");
  EXPECT_EQ(json.at("data_digest").get<std::string>().size(), 64u);
  EXPECT_FALSE(json.contains("data_warning"));
  EXPECT_TRUE(json.contains("version"));
  EXPECT_EQ(search("hidden=3").json.at("search").size(), 2u);
}

TEST_F(TuningSearch, SaysWhatAllPointsShare) {
  const Json config = search("hidden=3,5;latent=1").json.at("config");
  EXPECT_FALSE(config.contains("hidden"));
  EXPECT_EQ(config.at("latent"), 1);
  EXPECT_EQ(config.at("batch"), 10);
  EXPECT_EQ(config.at("delta"), 2);  // a quarter of six pixels, rounded up
  EXPECT_FALSE(config.contains("threads"));
  // The model has a default of its own for the learning rate.
  keys_["hidden"] = 3;
  keys_["latent"] = 1;
  const Json models = search("model=spvae,vae").json.at("config");
  EXPECT_FALSE(models.contains("learning-rate"));
  EXPECT_FALSE(models.contains("model"));
  EXPECT_EQ(models.at("batch"), 10);
}

TEST_F(TuningSearch, GoesOnInItsFolderAlsoWithMorePoints) {
  expect_taken(search("hidden=3"));  // nothing is there yet
  store(search("hidden=3,5;latent=1", {.points = 1}));
  expect_taken(search("hidden=3,5;latent=1", {.points = 1}));
  expect_taken(search("hidden=3,5;latent=1", {.points = 2}));
  expect_taken(search("hidden=3,5;latent=1"));
  expect_taken(search("hidden=2,5,3;latent=1,2"));
  expect_taken(search("hidden=3,5;latent=1", {.points = 1}, {{"threads", 2}}));
  // The same images in another place.
  keys_["data"] = write_bars("moved", 60);
  expect_taken(search("hidden=3,5;latent=1"));
}

TEST_F(TuningSearch, IsRefusedWhereTheResultsAreOfAnother) {
  store(search("hidden=3,5;latent=1", {.halving = 2}));
  const std::string file = (folder_.path() / "tune.json").string();
  expect_refused(file + ": is of a search with the point hidden=5 latent=1, which this one has not",
                 search("hidden=3;latent=1", {.halving = 2}));
  expect_refused("with the point hidden=3 latent=1", search("batch=3,5;latent=1", {.halving = 2}));
  expect_refused("a search with halving 2, got none; choose another --out, or move " +
                     folder_.path().string() + " away",
                 search("hidden=3,5;latent=1"));
  expect_refused("first-steps 1024, got 8",
                 search("hidden=3,5;latent=1", {.halving = 2, .first_steps = 8}));
  expect_refused("seed 0, got 1", search("hidden=3,5;latent=1", {.halving = 2}, {{"seed", 1}}));
  expect_refused("batch 10, got 20",
                 search("hidden=3,5;latent=1", {.halving = 2}, {{"batch", 20}}));
  keys_["data"] = write_bars("bars", 70);
  expect_refused("data_digest", search("hidden=3,5;latent=1", {.halving = 2}));
}

TEST_F(TuningSearch, IsRefusedWhereTheResultsDoNotSayOfWhich) {
  const Search next = search("hidden=3");
  const std::vector<std::string> texts = {"{}",
                                          "[]",
                                          "{\"config\": 3, \"points\": []}",
                                          "{\"search\": {}, \"config\": {}, \"data_digest\": \"\"}",
                                          "{\"search\": [], \"config\": {}, \"points\": []}",
                                          testing::deep_json()};
  for (const std::string& text : texts) {
    folder_.write("tune.json", {text.begin(), text.end()});
    expect_error(ErrorKind::kData, "tune.json",
                 [&] { check_same_search(folder_.path(), next.json, next.points); });
  }
}

}  // namespace
}  // namespace spvae
