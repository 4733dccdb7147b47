#include "spvae/density.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <vector>

#include "spvae/core/error_testing.h"

namespace spvae {
namespace {

// Ramps in two directions, of 8 bits.
std::vector<std::uint8_t> ramps(int count) {
  std::vector<std::uint8_t> values;
  for (int i = 0; i < count; ++i) {
    for (int v = 0; v < 64; ++v) {
      const int along = i % 2 == 0 ? v / 8 : v % 8;
      values.push_back(static_cast<std::uint8_t>(30 * along + 5 * (i % 7)));
    }
  }
  return values;
}

DensitySettings small(Likelihood likelihood, int threads = 1) {
  DensitySettings settings{.threads = threads};
  settings.model.leaf = {.hidden = 6, .latent = 3, .likelihood = likelihood};
  settings.train.max_steps = 60;
  settings.train.validate_every = 20;
  settings.train.batch = 32;
  return settings;
}

std::vector<double> values_of(const std::vector<ImageScore>& scores) {
  std::vector<double> values;
  for (const ImageScore& score : scores) values.push_back(score.log_likelihood);
  return values;
}

TEST(Density, LearnsWhatItIsShownAndTellsItFromOtherImages) {
  const ImageSet images = images_of_bytes(ramps(60), 8, 8);
  std::vector<double> bounds;
  DensitySettings settings = small(Likelihood::kLogistic);
  settings.train.max_steps = 200;
  const Density density = Density::train(images, settings, [&](const TrainingUpdate& update) {
    EXPECT_EQ(update.step, 20 * static_cast<int>(bounds.size() + 1));
    bounds.push_back(update.validation_bound);
    return true;
  });
  ASSERT_EQ(bounds.size(), 10U);
  EXPECT_GT(bounds.back(), bounds.front() + 10);
  std::vector<std::uint8_t> checkered;
  for (int v = 0; v < 64; ++v) checkered.push_back(v % 2 == 0 ? 255 : 0);
  const auto known = values_of(density.log_likelihood(images));
  const auto other = values_of(density.log_likelihood(images_of_bytes(checkered, 8, 8)));
  EXPECT_GT(known[0], other[0] + 10);
  EXPECT_EQ(density.config().delta, 2);  // a quarter of the side
  EXPECT_EQ(density.sample(5, 1).count(), 5);
  EXPECT_EQ(density.embed(images).responsibilities.size(), 60U * 32U);
}

TEST(Density, IsTheSameForAnyNumberOfThreadsAndFromItsFile) {
  const ImageSet images = images_of_bytes(ramps(40), 8, 8);
  const auto path = std::filesystem::path(::testing::TempDir()) / "density_test.safetensors";
  const Density one = Density::train(images, small(Likelihood::kOrdinal, 1));
  const Density two = Density::train(images, small(Likelihood::kOrdinal, 2));
  one.save(path);
  const Density stored = Density::load(path, 2);
  std::filesystem::remove(path);
  const auto expected = values_of(one.log_likelihood(images, 20));
  EXPECT_EQ(values_of(two.log_likelihood(images, 20)), expected);
  EXPECT_EQ(values_of(stored.log_likelihood(images, 20)), expected);
  EXPECT_EQ(stored.sample(3).values, one.sample(3).values);
}

TEST(Density, HasTheStructureThatIsAskedFor) {
  DensitySettings settings = small(Likelihood::kLogistic);
  settings.model.structure = Structure::kQuadTree;
  settings.model.product = Product::kElementwise;
  const Density density = Density::train(images_of_bytes(ramps(60), 8, 8), settings);
  EXPECT_EQ(density.config().structure, Structure::kQuadTree);
  EXPECT_EQ(density.config().product, Product::kElementwise);
}

TEST(Density, LearnsVectorsInTheirOwnUnits) {
  std::vector<float> values;
  for (int i = 0; i < 200; ++i) {
    const double x = std::sin(static_cast<double>(i));
    for (const double y : {1e4 + 500 * x, x * x, -0.01 * x})
      values.push_back(static_cast<float>(y));
  }
  values[7] = std::numeric_limits<float>::quiet_NaN();
  const ImageSet vectors = vectors_of_numbers(values, {"a", "b", "c"});
  DensitySettings settings = small(Likelihood::kGaussian);
  settings.standardise = true;
  const Density density = Density::train(vectors, settings);
  EXPECT_EQ(density.config().structure, Structure::kRandom);
  EXPECT_EQ(density.config().columns.names, vectors.columns.names);
  const ImageSet samples = density.sample(100);
  for (std::size_t i = 0; i < 300; i += 3) EXPECT_NEAR(samples.values[i], 1e4, 3000);
  // −Σ log deviation is −6 + 1 + 5: near that of standardised columns, hence not far from 0.
  EXPECT_NEAR(values_of(density.log_likelihood(vectors))[0], 0, 10);
  const auto path = std::filesystem::path(::testing::TempDir()) / "vectors.safetensors";
  density.save(path);
  EXPECT_EQ(values_of(Density::load(path).log_likelihood(vectors)),
            values_of(density.log_likelihood(vectors)));
  std::filesystem::remove(path);
  const ImageSet filled = density.complete(vectors, Filling::kMean).images;
  EXPECT_EQ(filled.values[6], values[6]);
  EXPECT_TRUE(std::isfinite(filled.values[7]));

  testing::expect_error(ErrorKind::kData, "column a is inf, expected a finite number", [] {
    vectors_of_numbers(std::vector<float>{std::numeric_limits<float>::infinity()}, {"a"});
  });
  testing::expect_error(
      ErrorKind::kData, "the data are vectors of 2 columns, but the model is of vectors of 3",
      [&] { density.log_likelihood(vectors_of_numbers(std::vector<float>{1, 2}, 2)); });
}

TEST(Density, TakesAGraphOfItsVariablesAlone) {
  const auto path = std::filesystem::path(::testing::TempDir()) / "graph.json";
  std::ofstream(path) << R"({"regions": {"0": {"scope": [0, 1, 2]}, "1": {"scope": [0]},
    "2": {"scope": [1, 2]}}, "roots": ["0"], "graph": [{"output": 0, "inputs": [1, 2]}]})";
  std::vector<float> values;
  for (int i = 0; i < 120; ++i) values.push_back(std::sin(static_cast<float>(i)));
  DensitySettings settings = small(Likelihood::kGaussian);
  settings.model.structure = Structure::kFile;
  settings.model.graph_file = path.string();
  const Density density = Density::train(vectors_of_numbers(values, 3), settings);
  EXPECT_EQ(density.config().structure, Structure::kFile);
  DensitySettings same = small(Likelihood::kGaussian);
  same.model.structure = Structure::kFile;
  same.model.graph = density.config().graph;
  EXPECT_EQ(Density::train(vectors_of_numbers(values, 3), same).sample(5).values,
            density.sample(5).values);
  testing::expect_error(ErrorKind::kUsage, "graph: is of 3 variables, but the data have 4",
                        [&] { Density::train(vectors_of_numbers(values, 4), same); });
  std::filesystem::remove(path);
}

TEST(Density, KeepsWhatIsAskedOfVectors) {
  std::vector<float> values(200);
  for (std::size_t i = 0; i < 200; ++i) values[i] = std::sin(static_cast<float>(i * i));
  DensitySettings settings = small(Likelihood::kGaussian);
  settings.model.structure = Structure::kRandom;
  settings.model.leaf_variables = 3;
  const Density density = Density::train(vectors_of_numbers(values, 10), settings);
  EXPECT_EQ(density.config().leaf_variables, 3);
  EXPECT_EQ(density.config().leaf.likelihood.gaussian.mean_link, MeanLink::kIdentity);
}

TEST(Density, RefusesWhatCannotBeLearnt) {
  const float none = std::numeric_limits<float>::quiet_NaN();
  testing::expect_error(ErrorKind::kData, "no value of any training or validation image", [&] {
    Density::train(vectors_of_numbers(std::vector<float>(40, none), 4),
                   small(Likelihood::kGaussian));
  });
  DensitySettings settings = small(Likelihood::kGaussian);
  settings.standardise = true;
  testing::expect_error(ErrorKind::kUsage, "standardise: the data are images",
                        [&] { Density::train(images_of_bytes(ramps(20), 8, 8), settings); });
  testing::expect_error(ErrorKind::kData, "columns: column 2 is called 'a' as column 1 is",
                        [] { vectors_of_numbers(std::vector<float>{1, 2}, {"a", "a"}); });
}

TEST(Density, AnswersEqualImagesAlike) {
  const ImageSet images = images_of_bytes(ramps(40), 8, 8);
  const Density density = Density::train(images, small(Likelihood::kLogistic));
  const auto all = values_of(density.log_likelihood(images, 5));
  const std::size_t rows[] = {17, 3, 17};
  const auto some = values_of(density.log_likelihood(images_of_rows(images, rows), 5));
  EXPECT_EQ(some, (std::vector<double>{all[17], all[3], all[17]}));
}

TEST(Density, TakesTheFlagsOfTheCommand) {
  const ImageSet images = images_of_bytes(ramps(40), 8, 8);
  const DensitySettings density =
      density_settings(R"({"hidden": 9, "max_steps": 7, "threads": 1})", images, true);
  EXPECT_EQ(density.model.leaf.likelihood.kind, Likelihood::kOrdinal);
  EXPECT_EQ(density.model.structure, Structure::kQuadTree);
  EXPECT_EQ(density.model.leaf.hidden, 9);
  EXPECT_EQ(density.train.max_steps, 7);
  EXPECT_EQ(density.threads, 1);
  const DensitySettings paper = density_settings(R"({"recipe": "paper"})", images, true);
  EXPECT_EQ(paper.model.leaf.likelihood.kind, Likelihood::kLogistic);
  EXPECT_EQ(density_settings("{}", vectors_of_numbers(std::vector<float>(8), 4), false)
                .model.leaf.likelihood.kind,
            Likelihood::kGaussian);
  const ImageSet colours = images_of_bytes(std::vector<std::uint8_t>(48), 4, 4, 3);
  EXPECT_EQ(density_settings("{}", colours, true).model.colour_space, ColourSpace::kYcocg);
  EXPECT_EQ(density_settings(R"({"colour": "rgb"})", colours, true).model.colour_space,
            ColourSpace::kRgb);
  testing::expect_error(ErrorKind::kUsage, "mask: the images are given",
                        [&] { density_settings(R"({"mask": "m.npy"})", images, true); });
  testing::expect_error(ErrorKind::kUsage, "unknown option 'hiden'; did you mean 'hidden'?",
                        [&] { density_settings(R"({"hiden": 3})", images, true); });
  testing::expect_error(ErrorKind::kUsage, "settings: not valid JSON",
                        [&] { density_settings("{", images, true); });
}

TEST(Density, ExplainsWhatItSays) {
  const ImageSet images = images_of_bytes(ramps(40), 8, 8);
  const Density density = Density::train(images, small(Likelihood::kOrdinal));
  const std::vector<Part> parts = density.parts();
  ASSERT_EQ(parts.size(), 16U);
  EXPECT_EQ(parts[5].variables.size(), 4U);
  const Contributions contributions = density.contributions(images, 5);
  EXPECT_EQ(contributions.parts.size(), 40 * parts.size());
  ASSERT_EQ(contributions.log_likelihood.size(), 40U);
  EXPECT_EQ(contributions.log_likelihood[7], density.log_likelihood(images, 5)[7].log_likelihood);
  const std::vector<Explanation> trees = density.explain(images, 5);
  ASSERT_EQ(trees.size(), 40U);
  EXPECT_EQ(trees[2].log_likelihood, density.log_likelihood(images, 5)[2].log_likelihood);
  EXPECT_EQ(density.reconstruct(images, 5).count(), 40);
  EXPECT_THAT(density.description(), ::testing::HasSubstr("\"validation_bound\":"));
}

TEST(Density, HidesPixelsOfAllImagesOrOfEach) {
  ImageSet images = images_of_bytes(ramps(2), 8, 8);
  std::vector<std::uint8_t> mask(64, 1);
  mask[3] = 0;
  hide_pixels(mask, images);
  EXPECT_EQ(images.observed[3] + images.observed[67], 0);
  mask.resize(128, 1);
  ImageSet each = images_of_bytes(ramps(2), 8, 8);
  hide_pixels(mask, each);
  EXPECT_EQ(each.observed[3] + each.observed[67], 1);
  EXPECT_EQ(each.addresses[0], images.addresses[0]);
  testing::expect_error(ErrorKind::kData, "mask: got 3 values, expected 64",
                        [&] { hide_pixels(std::vector<std::uint8_t>(3, 1), each); });
}

TEST(Density, StopsBetweenStepsWithAModel) {
  int asked = 0;
  std::vector<std::int64_t> checks;
  Density::train(
      images_of_bytes(ramps(20), 8, 8), small(Likelihood::kLogistic),
      [&](const TrainingUpdate& update) {
        checks.push_back(update.step);
        return true;
      },
      {}, [&asked] { return ++asked == 7; });
  EXPECT_EQ(checks, std::vector<std::int64_t>{6});
}

TEST(Density, StopsWhereTheObserverSaysSoAndKeepsTheBest) {
  int checks = 0;
  const Density density =
      Density::train(images_of_bytes(ramps(40), 8, 8), small(Likelihood::kGaussian),
                     [&](const TrainingUpdate&) { return ++checks < 2; });
  EXPECT_EQ(checks, 2);
}

TEST(Density, CompletesWhatIsMissingAndLeavesTheRest) {
  const Density density =
      Density::train(images_of_bytes(ramps(40), 8, 8), small(Likelihood::kGaussian));
  std::vector<float> values(64, 0.25f);
  for (std::size_t v = 40; v < 64; ++v) values[v] = std::numeric_limits<float>::quiet_NaN();
  const ImageSet image = images_of_numbers(values, 8, 8);
  const Completions completions = density.complete(image, Filling::kMean, 1, 0, 50);
  for (std::size_t v = 0; v < 64; ++v) {
    const float value = completions.images.values[v];
    EXPECT_TRUE(v < 40 ? value == 0.25f : std::isfinite(value)) << v;
  }
  EXPECT_LT(std::abs(values_of(density.log_likelihood(image))[0]), 1e4);
}

TEST(Density, RefusesWhatItsLikelihoodDoesNotHaveAndImagesThatDoNotFit) {
  std::vector<float> third(2 * 64, 0.3333f);
  testing::expect_error(
      ErrorKind::kData, "image 0: got the value 0.3333, but the likelihood logistic has 256 values",
      [&] { Density::train(images_of_numbers(third, 8, 8), small(Likelihood::kLogistic)); });
  testing::expect_error(ErrorKind::kData, "got 63 values, expected a multiple of 64",
                        [&] { images_of_numbers(std::span(third).first(63), 8, 8); });
  testing::expect_error(ErrorKind::kData, "expected 1 or 3 channels",
                        [&] { images_of_bytes(ramps(1), 4, 8, 2); });
  testing::expect_error(ErrorKind::kData, "expected at least 2 to learn from",
                        [&] { Density::train(images_of_bytes(ramps(1), 8, 8)); });
  const Density density =
      Density::train(images_of_bytes(ramps(20), 8, 8), small(Likelihood::kGaussian));
  EXPECT_THROW(density.log_likelihood(images_of_bytes(ramps(1), 4, 16)), Error);
  DensitySettings settings = small(Likelihood::kGaussian);
  settings.model.leaf.hidden = 0;
  settings.train.batch = 32;
  testing::expect_error(ErrorKind::kUsage, "hidden",
                        [&] { Density::train(images_of_bytes(ramps(20), 8, 8), settings); });
}

}  // namespace
}  // namespace spvae
