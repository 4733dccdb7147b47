#include "spvae/experiment/tuning_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "spvae/io/file.h"
#include "spvae/io/idx_testing.h"

namespace spvae {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TuningPoint point(const Json& values, double bound) {
  return {
      .values = values, .run = "points/x", .step = 18, .validation_bound = bound, .finished = true};
}

Json search() {
  return {{"command", "spvae tune --grid a"},
          {"search",
           {{"grid",
             {{"hidden", Json::array({3, 5})}, {"filters", Json::array({Json::array({4, 8})})}}},
            {"seed", 7}}},
          {"config", {{"delta", 3}, {"class", ""}}},
          {"data", "bars"},
          {"data_digest", "abc"},
          {"version", "V"}};
}

class TuningResults : public ::testing::Test {
 protected:
  std::string written(const std::string& name) { return read_file(folder_.path() / name); }
  std::string title(const std::vector<TuningPoint>& points) {
    write_tuning_results(folder_.path(), search(), points);
    return Json::parse(written("tune.png.json")).at("picture");
  }

  testing::TemporaryFolder folder_;
};

TEST_F(TuningResults, AreTablesAndAPictureOfPointsTheBestFirst) {
  const std::vector<TuningPoint> points = {point({{"hidden", 3}, {"latent", 1}}, -20),
                                           point({{"hidden", 5}, {"latent", 1}}, -10)};
  write_tuning_results(folder_.path(), search(), points);
  EXPECT_THAT(written("tune.md"), HasSubstr("|---|---|---|---|---|\n"
                                            "| hidden=5 latent=1 | -10.00 | 18 | 1 | finished |\n"
                                            "| hidden=3 latent=1 | -20.00 |"));
  const std::string csv = written("tune.csv");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 3);
  EXPECT_TRUE(csv.starts_with("hidden,latent,validation_bound,steps,rung,state,run\n"));
  EXPECT_THAT(written("tune.svg"), HasSubstr("</svg>"));
  EXPECT_EQ(tuning_json(points).size(), 2u);
}

TEST_F(TuningResults, QuoteWhatHoldsAQuoteOrAComma) {
  TuningPoint odd = point({{"filters", {4, 8}}}, -1);
  odd.run = "the \"best\" run";
  write_tuning_results(folder_.path(), search(), {odd});
  EXPECT_EQ(written("tune.csv"),
            "filters,validation_bound,steps,rung,state,run\n"
            "\"4,8\",-1.00,18,1,finished,\"the \"\"best\"\" run\"\n");
}

TEST_F(TuningResults, SayHowTheyWereMade) {
  Json made = search();
  made["search"]["points"] = 2;
  made["search"]["halving"] = 4;
  made["search"]["first-steps"] = 16;
  made["data_warning"] = "bars are not the published ones";
  write_tuning_results(folder_.path(), made, {point({{"hidden", 3}}, -1)});
  for (const char* name : {"tune.json", "tune.png.json", "tune.svg.json"}) {
    const Json json = Json::parse(written(name));
    for (const auto& [key, value] : made.items()) EXPECT_EQ(json.at(key), value) << name;
    EXPECT_EQ(json.at("points").size(), 1u) << name;
  }
  const std::string text = written("tune.md");
  for (const char* part :
       {"# Search over hidden\n", "`spvae tune --grid a`; 1 of 1 points are trained to their end.",
        "Grid: hidden 3, 5; filters [4,8]; of it 2 points, at random; successive halving: the best "
        "1/4 go on, the first time after 16 steps; seed 7. Data: bars, digest abc. Version V.",
        "Not comparable: bars are not the published ones.", "| delta | 3 |\n| class |  |\n"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST_F(TuningResults, PutFailedPointsLastAndSayThatTheyFailed) {
  TuningPoint failed = point({{"hidden", 3}}, -1);
  failed.finished = false;
  failed.failed = true;
  failed.rung = 2;
  write_tuning_results(folder_.path(), search(), {failed, point({{"hidden", 5}}, -10)});
  EXPECT_THAT(written("tune.md"),
              HasSubstr("1 of 2 points are trained to their end, 1 failed: their numbers left"));
  EXPECT_THAT(written("tune.md"), HasSubstr("| hidden=5 | -10.00 | 18 | 1 | finished |\n"
                                            "| hidden=3 | -1.00 | 18 | 3 | failed |\n"));
  const Json points = Json::parse(written("tune.json")).at("points");
  EXPECT_EQ(points[1].at("state"), "failed");
  EXPECT_THAT(written("tune.png.json"), Not(HasSubstr("dropped points")));
}

TEST_F(TuningResults, AreWrittenWhereAllPointsFailed) {
  TuningPoint failed = point({{"hidden", 3}}, -std::numeric_limits<double>::infinity());
  failed.finished = false;
  failed.failed = true;
  write_tuning_results(folder_.path(), search(), {failed});
  EXPECT_THAT(written("tune.md"), HasSubstr("| hidden=3 |  | 18 | 1 | failed |"));
  EXPECT_TRUE(Json::parse(written("tune.json")).at("points")[0].at("validation_bound").is_null());
}

TEST_F(TuningResults, HaveAPictureWhoseTitleSaysWhatIsLeftOut) {
  const Json two = {{"hidden", 3}, {"latent", 1}};
  Json four = two;
  four["learning-rate"] = 0.1;
  four["batch"] = 16;
  EXPECT_EQ(title({point(two, -1)}), "Best validation bound, nats per image");
  EXPECT_EQ(title({point(four, -1)}),
            "Best validation bound, nats per image, best over learning-rate, batch");
  TuningPoint kept = point(two, -1);
  kept.rung = 1;
  EXPECT_EQ(title({kept, point(two, -2)}),
            "Best validation bound, nats per image (dropped points: when dropped)");
}

}  // namespace
}  // namespace spvae
