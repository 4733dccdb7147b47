#include "spvae/experiment/results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spvae/plot/legend.h"

namespace spvae {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;

Outcome outcome(const std::string& cell, int images, double figure, int seed = 0) {
  Trial trial;
  trial.cell = cell;
  trial.varied = std::to_string(images);
  trial.run = Json{{"seed", seed}};
  const Json result = {{"test", {{"log_likelihood", figure}}},
                       {"training", {{"images", images}}},
                       {"config", {{"data-seed", 0}}},
                       {"data_digest", "d"}};
  const float spread = seed == 0 ? 1 : 3;
  return {
      trial, result, {static_cast<float>(figure) - spread, static_cast<float>(figure) + spread}};
}

const Chart& chart(const Figure& figure, std::size_t i) { return std::get<Chart>(figure.at(i)); }

TEST(LowDataFigure, HasAChartForEachLikelihoodAndASeriesForEachModelBySizes) {
  const Figure figure = low_data_figure(
      {outcome("spvae/mnist/gaussian", 500, 7), outcome("vae/mnist/gaussian", 500, 5),
       outcome("vae/mnist/gaussian", 20, 3), outcome("vae/mnist/binomial", 500, -9)});
  ASSERT_EQ(figure.size(), 2u);
  EXPECT_THAT(chart(figure, 0).title, ::testing::StartsWith("mnist, continuous (Gaussian)"));
  EXPECT_THAT(chart(figure, 1).title, ::testing::StartsWith("mnist, discrete (Binomial)"));
  EXPECT_TRUE(chart(figure, 0).x.logarithmic);
  const Series& vae = chart(figure, 0).series.at(0);
  EXPECT_EQ(vae.name, "vae");
  EXPECT_THAT(vae.x, ElementsAre(20, 500));
  EXPECT_THAT(vae.y, ElementsAre(3, 5));
  const Series& spvae = chart(figure, 0).series.at(1);
  EXPECT_EQ(spvae.name, "spvae");
  EXPECT_THAT(spvae.y, ElementsAre(7));
}

TEST(LowDataFigure, PointsAreMeansOverSeeds) {
  const Figure figure = low_data_figure(
      {outcome("vae/mnist/gaussian", 20, 3), outcome("spvae/mnist/gaussian", 20, 4, 0),
       outcome("spvae/mnist/gaussian", 20, 8, 1), outcome("spvae/mnist/gaussian", 50, 9)});
  const Series& spvae = chart(figure, 0).series.at(1);
  EXPECT_THAT(spvae.x, ElementsAre(20, 50));
  EXPECT_THAT(spvae.y, ElementsAre(6, 9));
  EXPECT_THAT(spvae.error, ElementsAre(2, 1));
}

TEST(LowDataFigure, TitlesSayWhatTheBarsAre) {
  const Outcome first = outcome("spvae/mnist/gaussian", 20, 4, 0);
  const Outcome second = outcome("spvae/mnist/gaussian", 20, 8, 1);
  const Outcome other = outcome("spvae/mnist/gaussian", 50, 9);
  const auto title = [](const std::vector<Outcome>& outcomes) {
    return chart(low_data_figure(outcomes), 0).title;
  };
  EXPECT_THAT(title({first, other}),
              EndsWith("Bars: standard error over the test images, one seed"));
  EXPECT_THAT(title({first, second}), EndsWith(" test images, means over 2 seeds"));
  EXPECT_THAT(title({first, second, other}), EndsWith(" test images, means over 1 to 2 seeds"));
}

// Whichever runs are finished, and in both charts.
TEST(LowDataFigure, LinesAreSolidOfVaesAndDashedOfSpvaes) {
  const Figure figure = low_data_figure(
      {outcome("spvae/mnist/gaussian", 20, 4), outcome("vae/mnist/binomial", 20, 8)});
  const plot::SeriesStyles styles(figure);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_THAT(styles.style(chart(figure, i).series.at(0)).dashes, IsEmpty());
    EXPECT_FALSE(styles.style(chart(figure, i).series.at(1)).dashes.empty());
  }
  EXPECT_THAT(chart(figure, 0).series[0].x, IsEmpty());
}

TEST(LowDataFigure, VariantsAreSeriesOfTheirOwn) {
  Outcome slow = outcome("vae/mnist/gaussian", 20, 2);
  slow.trial.variant = "slow";
  const Figure figure = low_data_figure({outcome("vae/mnist/gaussian", 20, 3), slow});
  ASSERT_EQ(chart(figure, 0).series.size(), 2u);
  EXPECT_EQ(chart(figure, 0).series[1].name, "vae+slow");
}

TEST(LowDataFigure, IsEmptyWithoutResults) { EXPECT_TRUE(low_data_figure({}).empty()); }

}  // namespace
}  // namespace spvae
