#include "spvae/model/data_units.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "spvae/core/error.h"
#include "spvae/io/idx_testing.h"
#include "spvae/model/checkpoint.h"
#include "spvae/model/engine.h"
#include "spvae/model/sealed_file.h"
#include "spvae/query/completion.h"
#include "spvae/query/contributions.h"
#include "spvae/query/log_likelihood.h"
#include "spvae/query/sample.h"

namespace spvae {
namespace {

const Columns kScaled = {{"a", "b", "c", "d"}, {10, -3, 0.5, 200}, {2, 0.01, 5, 30}};

ModelConfig small_config(const Columns& columns) {
  ModelConfig config{.structure = Structure::kRandom,
                     .height = 1,
                     .width = 4,
                     .columns = columns,
                     .leaf_variables = 2,
                     .leaf = {.hidden = 5, .latent = 3}};
  config.leaf.likelihood.gaussian.mean_link = MeanLink::kIdentity;
  return config;
}

/// Rows around the columns' means; of some, a value is missing.
ImageSet some_vectors(bool lack_values) {
  ImageSet vectors = empty_images(small_config(kScaled));
  for (std::uint32_t row = 0; row < 5; ++row) {
    vectors.indices.push_back(row);
    for (std::size_t v = 0; v < 4; ++v) {
      const double x = std::sin(static_cast<double>(7 * row + 3 * v));
      vectors.values.push_back(static_cast<float>(kScaled.to_data(v, x)));
      vectors.observed.push_back(lack_values && (row + v) % 3 == 0 ? 0 : 1);
    }
  }
  if (!lack_values) vectors.observed.clear();
  return vectors;
}

double log_deviations(const ImageSet& vectors, std::size_t row) {
  double sum = 0;
  for (std::size_t v = 0; v < 4; ++v) {
    const bool is_observed = vectors.observed.empty() || vectors.observed[4 * row + v] != 0;
    if (is_observed) sum += std::log(kScaled.deviation[v]);
  }
  return sum;
}

TEST(DataUnits, ShiftLogLikelihoodsByTheLogarithmsOfTheDeviations) {
  Spvae scaled(small_config(kScaled));
  scaled.initialise(3);
  Spvae plain(small_config({.names = kScaled.names}));
  plain.initialise(3);
  ThreadPool pool(2);
  for (const bool lack_values : {false, true}) {
    const ImageSet vectors = some_vectors(lack_values);
    ImageSet standardised = vectors;
    standardised.columns = plain.config().columns;
    for (std::size_t i = 0; i < vectors.values.size(); ++i) {
      standardised.values[i] = kScaled.to_model(i % 4, vectors.values[i]);
    }
    for (const Engine kind : {Engine::kReference, Engine::kFused}) {
      const auto engine = make_engine(kind, plain.leaves(), pool);
      const Sampling sampling{.samples = 20};
      const auto own = log_likelihood(scaled, vectors, sampling, *engine, pool);
      const auto other = log_likelihood(plain, standardised, sampling, *engine, pool);
      for (std::size_t row = 0; row < 5; ++row) {
        EXPECT_NEAR(own[row].log_likelihood,
                    other[row].log_likelihood - log_deviations(vectors, row), 1e-12);
        EXPECT_NEAR(own[row].monte_carlo_variance, other[row].monte_carlo_variance, 1e-12);
      }
    }
  }
}

// All parameters zero: whatever the code, column v is N(mean, deviation²).
TEST(DataUnits, AreThoseOfTheGaussiansWhereDecodersIgnoreTheCode) {
  const Spvae model(small_config(kScaled));
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  const ImageSet vectors = some_vectors(true);
  const auto scores = log_likelihood(model, vectors, {.samples = 10}, *engine, pool);
  for (std::size_t row = 0; row < 5; ++row) {
    double expected = 0;
    for (std::size_t v = 0; v < 4; ++v) {
      if (vectors.observed[4 * row + v] == 0) continue;
      const double z = (static_cast<double>(vectors.values[4 * row + v]) - kScaled.mean[v]) /
                       kScaled.deviation[v];
      expected -= z * z / 2 + std::log(kScaled.deviation[v] * std::sqrt(2 * std::numbers::pi));
    }
    EXPECT_NEAR(scores[row].log_likelihood, expected, 1e-5);
  }
  const ImageSet samples = sample(model, 20000, 1, SampledPixels::kDrawn, *engine, pool);
  EXPECT_EQ(samples.columns.names, kScaled.names);
  const Columns of_samples = standardised_columns(samples);
  for (std::size_t v = 0; v < 4; ++v) {
    EXPECT_NEAR(of_samples.mean[v], kScaled.mean[v], 0.03 * kScaled.deviation[v]);
    EXPECT_NEAR(of_samples.deviation[v], kScaled.deviation[v], 0.03 * kScaled.deviation[v]);
  }
  const Completions means =
      complete(model, vectors, Filling::kMean, 1, 0, {.samples = 50}, *engine, pool);
  for (std::size_t i = 0; i < means.images.values.size(); ++i) {
    const auto expected =
        vectors.observed[i] != 0 ? vectors.values[i] : static_cast<float>(kScaled.mean[i % 4]);
    EXPECT_NEAR(means.images.values[i], expected, 1e-5 * std::abs(expected));
  }
}

TEST(DataUnits, AreThoseOfContributionsToo) {
  ModelConfig config = small_config(kScaled);
  config.repetitions = 1;  // two regions, independent where all parameters are zero
  const Spvae model(config);
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  Evidence evidence;
  const std::vector<std::uint32_t> rows = {0, 1, 2, 3, 4};
  gather_evidence(model, some_vectors(true), rows, {.samples = 10}, *engine, pool, {}, evidence);
  const std::vector<double> parts = contributions(model, evidence, pool);
  for (std::size_t row = 0; row < 5; ++row) {
    EXPECT_NEAR(parts[2 * row] + parts[2 * row + 1], evidence.trace.root()[row], 1e-9);
  }
}

TEST(DataUnits, LeavePmfsAsTheyAre) {
  // Whole numbers 0 … 2, of the model v/2.
  ModelConfig config = small_config({{"a", "b", "c", "d"}, {0, 0, 0, 0}, {2, 2, 2, 2}});
  config.leaf.likelihood = Likelihood::kCategorical;
  config.leaf.likelihood.categorical.values = 3;
  const Spvae model(config);
  ImageSet vectors = empty_images(config);
  vectors.values = {0, 1, 2, 1};
  vectors.indices = {0};
  ThreadPool pool(1);
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  const auto scores = log_likelihood(model, vectors, {.samples = 4}, *engine, pool);
  EXPECT_NEAR(scores[0].log_likelihood, -4 * std::log(3.0), 1e-5);
  for (const float value : sample(model, 50, 0, SampledPixels::kDrawn, *engine, pool).values) {
    EXPECT_TRUE(value == 0 || value == 1 || value == 2) << value;
  }
}

TEST(DataUnits, AreKeptInTheModelFile) {
  const testing::TemporaryFolder folder;
  const auto path = folder.path() / "model.safetensors";
  Spvae model(small_config(kScaled));
  model.initialise(1);
  save_model(path, model, model.parameters(), {});
  const Columns read = load_model(path).model.config().columns;
  EXPECT_EQ(read.names, kScaled.names);
  EXPECT_EQ(read.mean, kScaled.mean);
  EXPECT_EQ(read.deviation, kScaled.deviation);

  const FileFormat format = {"spvae-model", "5", "model file", {}};
  for (const char* bad :
       {"[]", R"({"names": ["a", "b", "c"]})", R"({"names": ["a", "b", "c", 4]})",
        R"({"names": ["a", "b", "c", "d"], "mean": [0, 0, 0, 0]})",
        R"({"names": ["a", "b", "c", "d"], "mean": [0, 0, 0, 0], "deviation": [1, 1, 1, 0]})"}) {
    TensorFile file = read_sealed(path, format);
    file.metadata["columns"] = bad;
    file.metadata.erase("digest");
    const auto damaged = folder.path() / "damaged.safetensors";
    write_sealed(damaged, format, std::move(file));
    try {
      load_model(damaged);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kData);
      EXPECT_NE(std::string(error.what()).find("columns: expected names"), std::string::npos);
    }
  }
}

TEST(DataUnits, HaveNoPlane) {
  const auto message = [](ModelConfig config) -> std::string {
    try {
      const Spvae model(config);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return "";
  };
  ModelConfig config = small_config({.names = kScaled.names});
  for (const Structure of_planes :
       {Structure::kPoonDomingos, Structure::kQuadTree, Structure::kQuadGraph}) {
    config.structure = of_planes;
    EXPECT_NE(message(config).find("divides a plane of pixels, but the data are vectors"),
              std::string::npos);
  }
  config.structure = Structure::kSingleRegion;
  EXPECT_EQ(message(config), "");
  config.leaf.network = Network::kConv;
  EXPECT_NE(message(config).find("convolutional networks see rows of pixels"), std::string::npos);
}

}  // namespace
}  // namespace spvae
