#include "spvae/report/report.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "spvae/core/error_testing.h"
#include "spvae/io/idx_testing.h"
#include "spvae/model/engine.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

/// Bars, and a model of them that nobody has trained; its run is a folder that holds nothing.
class ReportTest : public ::testing::Test {
 protected:
  ReportTest()
      : file_(folder_.write("bars <&>", testing::idx_file({60, testing::kSide, testing::kSide},
                                                          testing::bar_pixels(60)))) {}

  Report report(const Json& changes, const ReportObserver& observer = {}, int threads = 2,
                const Mask* mask = nullptr) {
    Json given = {{"data", file_.string()}, {"latent", 2}, {"likelihood", "gaussian"}};
    given.update(changes);
    RunConfig config = run_config(given);
    ThreadPool pool(threads);
    const DataSet data(data_config(config), &pool);
    fit_to_data(data, config);
    StoredModel stored{Spvae(config.model),
                       {.data = data.name(),
                        .data_digest = data.digest(),
                        .step = 8,
                        .validation_bound = -3,
                        .training = result_config_json(config)}};
    stored.model.initialise(1);
    const ImageSet images = data.load(Split::kTest, pool, {.mask = mask});
    const auto engine = make_engine(Engine::kFused, stored.model.leaves(), pool);
    return make_report({.run = folder_.path().string(),
                        .stored = stored,
                        .data = data,
                        .images = images,
                        .engine = *engine,
                        .pool = pool},
                       {.sampling = {.samples = 3}, .proposals = 4, .pictures = 2}, observer);
  }

  testing::TemporaryFolder folder_;
  std::filesystem::path file_;
};

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(ReportTest, HasEverySectionForEveryModel) {
  for (const Json& model :
       {Json{{"model", "spvae"}, {"hidden", 4}},
        Json{{"model", "spvae"}, {"hidden", 4}, {"product", "elementwise"}, {"k-sum", 3}},
        Json{{"model", "vae"}, {"hidden", 4}},
        Json{{"model", "conv-spvae"}, {"filters", {1, 2}}, {"dense", 3}},
        Json{{"model", "conv-vae"}, {"filters", {1, 2}}, {"dense", 3}}}) {
    const std::string html = report(model).html;
    for (const char* id : {"overview", "learning-curves", "scores", "extremes", "trees", "samples",
                           "reconstructions", "completions", "latent-spaces", "sum-weights"}) {
      EXPECT_TRUE(holds(html, std::string("<section id=\"") + id + "\"")) << model << id;
    }
    const bool is_single = model.at("model") == "vae" || model.at("model") == "conv-vae";
    EXPECT_EQ(holds(html, "Does not apply"), is_single) << model;
    EXPECT_TRUE(holds(html, "no log of its training"));
  }
}

TEST_F(ReportTest, EscapesTheNamesThatItShows) {
  const std::string html = report({{"hidden", 4}}).html;
  EXPECT_FALSE(holds(html, "bars <"));
  EXPECT_TRUE(holds(html, "bars &lt;&amp;&gt;"));
}

TEST_F(ReportTest, SaysWhichDimensionsItProjectsOn) {
  EXPECT_TRUE(holds(report({{"hidden", 4}}).html, "Codes have two dimensions"));
  EXPECT_TRUE(holds(report({{"hidden", 4}, {"latent", 1}}).html, "Codes have one dimension"));
  EXPECT_TRUE(holds(report({{"hidden", 4}, {"latent", 5}}).html, "Of the 5 dimensions"));
}

TEST_F(ReportTest, ShowsBitsOfDiscreteLikelihoodsAlone) {
  EXPECT_FALSE(holds(report({{"hidden", 4}}).html, "Bits per dimension"));
  for (const char* likelihood : {"binomial", "logistic"}) {
    const std::string html = report({{"hidden", 4}, {"likelihood", likelihood}}).html;
    EXPECT_TRUE(holds(html, "Bits per dimension"));
    EXPECT_FALSE(holds(html, "Noise on pixels"));
  }
}

TEST_F(ReportTest, SaysHowMuchOfPartlyObservedImagesIsSeen) {
  constexpr auto kPixels = std::size_t{testing::kSide} * testing::kSide;
  Mask mask{.height = testing::kSide, .width = testing::kSide, .observed = {}};
  for (std::size_t v = 0; v < kPixels; ++v) mask.observed.push_back(v % 2 == 0 ? 1 : 0);
  const std::string whole = report({{"hidden", 4}}).html;
  EXPECT_FALSE(holds(whole, "Observed pixels"));
  const std::string half = report({{"hidden", 4}}, {}, 2, &mask).html;
  EXPECT_TRUE(holds(half, fmt::format("{}.0 of {} of an image", kPixels / 2, kPixels)));
  EXPECT_NE(whole, half);
  std::ranges::fill(mask.observed, std::uint8_t{0});
  EXPECT_TRUE(holds(report({{"hidden", 4}}, {}, 2, &mask).html, "0.0 of "));
}

TEST_F(ReportTest, IsTheSameForAnyNumberOfThreads) {
  EXPECT_EQ(report({{"hidden", 4}}, {}, 1).html, report({{"hidden", 4}}, {}, 3).html);
}

TEST_F(ReportTest, StopsWhenAsked) {
  for (const char* at : {"scores", "samples", "sum weights"}) {
    testing::expect_error(ErrorKind::kInterrupted, "stopped", [&] {
      report({{"hidden", 4}}, [at](const std::string& what, double, int) { return what != at; });
    });
  }
}

}  // namespace
}  // namespace spvae
