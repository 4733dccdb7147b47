#include "spvae/model/spvae.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <ostream>
#include <string>

#include "spvae/core/error.h"
#include "spvae/core/random.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/importance.h"
#include "spvae/model/engine.h"
#include "spvae/model/model_kinds.h"
#include "spvae/reference/reference_engine.h"

namespace spvae {
namespace {

// A model of TP19 Table 2 and its number of parameters.
struct PaperModel {
  std::string name;
  Structure structure;
  int side;
  Likelihood likelihood;
  int hidden;  // of an MLP; of convolutional networks, their dense layer
  int latent;
  std::size_t parameters;
  Network network = Network::kMlp;
};

void PrintTo(const PaperModel& model, std::ostream* out) { *out << model.name; }

class PaperModels : public testing::TestWithParam<PaperModel> {};

TEST_P(PaperModels, HaveThePapersNumberOfParameters) {
  const PaperModel& paper = GetParam();
  ModelConfig config = default_model_config({"", paper.structure, paper.network});
  config.height = paper.side;
  config.width = paper.side;
  config.delta = paper.side / 4;
  (paper.network == Network::kMlp ? config.leaf.hidden : config.leaf.dense) = paper.hidden;
  config.leaf.latent = paper.latent;
  config.leaf.likelihood = paper.likelihood;
  const Spvae model(config);
  EXPECT_EQ(model.layout().size(), paper.parameters);
  EXPECT_EQ(model.parameters().size(), paper.parameters);
}

constexpr auto kSpn = Structure::kPoonDomingos;
constexpr auto kVae = Structure::kSingleRegion;
constexpr auto kContinuous = Likelihood::kGaussian;
constexpr auto kDiscrete = Likelihood::kBinomial;

INSTANTIATE_TEST_SUITE_P(
    Table2, PaperModels,
    testing::Values(PaperModel{"SpvaeMnistContinuous", kSpn, 28, kContinuous, 30, 25, 413352},
                    PaperModel{"SpvaeSvhnCifarContinuous", kSpn, 32, kContinuous, 32, 25, 511080},
                    PaperModel{"SpvaeMnistDiscrete", kSpn, 28, kDiscrete, 30, 25, 310024},
                    PaperModel{"SpvaeSvhnDiscrete", kSpn, 32, kDiscrete, 32, 50, 461480},
                    PaperModel{"SpvaeCifarDiscrete", kSpn, 32, kDiscrete, 30, 25, 353704},
                    PaperModel{"VaeMnistContinuous", kVae, 28, kContinuous, 300, 200, 1545168},
                    PaperModel{"VaeSvhnContinuous", kVae, 32, kContinuous, 300, 100, 1713448},
                    PaperModel{"VaeCifarContinuous", kVae, 32, kContinuous, 300, 50, 1653348},
                    PaperModel{"VaeMnistDiscrete", kVae, 28, kDiscrete, 300, 200, 1158584},
                    PaperModel{"VaeSvhnDiscrete", kVae, 32, kDiscrete, 600, 100, 3108024},
                    PaperModel{"VaeCifarDiscrete", kVae, 32, kDiscrete, 600, 200, 3288224},
                    PaperModel{"SpvaeMnistLogistic", kSpn, 28, Likelihood::kLogistic, 30, 25,
                               413352}),
    [](const auto& test) { return test.param.name; });

constexpr auto kConv = Network::kConv;

INSTANTIATE_TEST_SUITE_P(
    Table2Convolutional, PaperModels,
    testing::Values(
        PaperModel{"SpvaeMnistContinuous", kSpn, 28, kContinuous, 64, 25, 1259048, kConv},
        PaperModel{"SpvaeSvhnContinuous", kSpn, 32, kContinuous, 64, 25, 1604648, kConv},
        PaperModel{"SpvaeCifarContinuous", kSpn, 32, kContinuous, 32, 25, 1028136, kConv},
        PaperModel{"SpvaeMnistDiscrete", kSpn, 28, kDiscrete, 64, 25, 1257864, kConv},
        PaperModel{"SpvaeSvhnDiscrete", kSpn, 32, kDiscrete, 64, 25, 1603464, kConv},
        PaperModel{"SpvaeCifarDiscrete", kSpn, 32, kDiscrete, 32, 25, 1026952, kConv},
        PaperModel{"VaeMnistContinuous", kVae, 28, kContinuous, 64, 200, 894962, kConv},
        PaperModel{"VaeSvhnCifarContinuous", kVae, 32, kContinuous, 128, 150, 1219470, kConv},
        PaperModel{"VaeMnistDiscrete", kVae, 28, kDiscrete, 64, 200, 894673, kConv},
        PaperModel{"VaeSvhnDiscrete", kVae, 32, kDiscrete, 128, 200, 1436881, kConv},
        PaperModel{"VaeCifarDiscrete", kVae, 32, kDiscrete, 128, 150, 1219181, kConv},
        PaperModel{"VaeMnistLogistic", kVae, 28, Likelihood::kLogistic, 64, 200, 894962, kConv}),
    [](const auto& test) { return test.param.name; });

TEST(Spvae, HasTheDefaultSizesOfThePaper) {
  const Spvae model{ModelConfig{}};
  EXPECT_EQ(model.leaves().leaves(), 32);
  EXPECT_EQ(model.circuit().sum_nodes(), 167);
  EXPECT_EQ(model.circuit().product_nodes(), 800);
  EXPECT_EQ(model.circuit().sum_weights(), 1576U);
  EXPECT_EQ(model.graph().regions().size(), 100U);
  EXPECT_EQ(model.graph().partitions().size(), 200U);
  EXPECT_EQ(model.leaves().encoder_parameters(), 32U * 2U * (50 * 30 + 31 * 30 + 31 * 25));
}

TEST(Spvae, PutsTheLogitsAfterTheLeaves) {
  Spvae model{ModelConfig{}};
  EXPECT_THAT(model.parameters(), testing::Each(0.0F));
  EXPECT_EQ(model.layout().tensors().back().name, "circuit.logits");
  EXPECT_THAT(model.layout().tensors().back().shape, testing::ElementsAre(1576));
  EXPECT_EQ(model.logits().size(), 1576U);
  EXPECT_EQ(model.logits().data(),
            model.parameters().data() + model.layout().find("circuit.logits").offset);
}

TEST(Spvae, DrawsStandardNormalLogits) {
  Spvae model{ModelConfig{}};
  model.initialise(2);
  double sum = 0;
  double sum_squares = 0;
  for (const float logit : model.logits()) {
    sum += logit;
    sum_squares += static_cast<double>(logit) * logit;
  }
  // Five standard errors; the square of a standard normal has variance 2.
  EXPECT_NEAR(sum / 1576, 0, 5 / std::sqrt(1576.0));
  EXPECT_NEAR(sum_squares / 1576, 1, 5 * std::sqrt(2 / 1576.0));
  const ParameterBuffer first(model.parameters().begin(), model.parameters().end());
  model.initialise(3);
  EXPECT_FALSE(std::ranges::equal(first, model.parameters()));
  model.initialise(2);
  EXPECT_TRUE(std::ranges::equal(first, model.parameters()));
}

TEST(Spvae, ScalesTheInitialLogits) {
  Spvae model{ModelConfig{}};
  Spvae scaled({.sum_scale = 0.25, .leaf = {}});
  model.initialise(2);
  scaled.initialise(2);
  const std::size_t leaves = model.parameters().size() - model.logits().size();
  EXPECT_TRUE(
      std::ranges::equal(model.parameters().first(leaves), scaled.parameters().first(leaves)));
  for (std::size_t i = 0; i < model.logits().size(); ++i) {
    EXPECT_EQ(scaled.logits()[i], 0.25F * model.logits()[i]);
  }
}

TEST(Spvae, HasElementwiseProductsOfManyStates) {
  const Spvae model({.height = 2,
                     .width = 4,
                     .delta = 2,
                     .k_sum = 1024,
                     .k_leaf = 3,
                     .product = Product::kElementwise,
                     .leaf = {.hidden = 2, .latent = 1}});
  EXPECT_EQ(model.circuit().sum_weights(), 1024U * 2 * 3 + 1024);
}

TEST(Spvae, RefusesSizesThatAreNotPositiveOrAbsurd) {
  const auto refused = [](auto change) {
    ModelConfig config;
    change(config);
    try {
      const Spvae model(config);
    } catch (const Error& error) {
      return error.kind() == ErrorKind::kUsage;
    }
    return false;
  };
  EXPECT_TRUE(refused([](ModelConfig& c) { c.height = 0; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.width = -28; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.width = 1 << 30; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.delta = 0; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.k_sum = 0; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.k_sum = 2000; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.k_leaf = 0; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.hidden = 0; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.hidden = 1 << 20; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.latent = 0; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.latent = 1 << 20; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.hidden_layers = -1; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.hidden_layers = 16; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.hidden = 3000; }));  // 1.2e9 parameters
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.filters = {0, 8}; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.filters = {4, 1 << 20}; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.stride = 0; }));
  EXPECT_TRUE(refused([](ModelConfig& c) { c.leaf.dense = 0; }));
  EXPECT_FALSE(refused([](ModelConfig&) {}));
}

TEST(Spvae, NamesWhatMakesAModelTooLargeOrWithoutSums) {
  const auto refusal = [](const ModelConfig& config) -> std::string {
    try {
      const Spvae model(config);
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_THAT(
      refusal({.delta = 28, .leaf = {}}),
      testing::AllOf(testing::HasSubstr("poon-domingos: it leaves a single region of 28×28"),
                     testing::HasSubstr("smaller leaf regions (delta), k-leaf 1, or the")));
  EXPECT_THAT(refusal({.height = 20, .width = 30, .delta = 30, .leaf = {}}),
              testing::HasSubstr("single region of 20×30 pixels"));
  EXPECT_EQ(refusal({.height = 20, .width = 30, .delta = 29, .leaf = {}}), "no error");
  EXPECT_THAT(refusal({.delta = 4, .k_sum = 64, .k_leaf = 64, .leaf = {}}),
              testing::AllOf(testing::HasSubstr("k-sum 64 and k-leaf 64 make "),
                             testing::HasSubstr(" sum weights, expected at most 67108864")));
  const std::string too_large = refusal({.leaf = {.hidden = 3000}});
  for (const char* name : {"hidden", "hidden-layers", "latent", "k-leaf", "smaller images"}) {
    EXPECT_THAT(too_large, testing::HasSubstr(name));
  }
  for (const Network network : {Network::kMlp, kConv}) {
    EXPECT_THAT(
        refusal({.structure = Structure::kRandom, .leaf = {.network = network}}),
        testing::HasSubstr(network == kConv ? "structure random: a leaf region is no rectangle"
                                            : "no error"));
  }
  EXPECT_THAT(refusal({.leaf = {.network = kConv, .filters = {4, 65536}}}),
              testing::HasSubstr("filters and dense"));
  // 4096² pixels of 65536 channels are beyond an int, and so are their places in a leaf of 64².
  for (const int stride : {1, 64}) {
    EXPECT_THAT(refusal({.structure = kVae,
                         .height = 4096,
                         .width = 4096,
                         .leaf = {.network = kConv, .filters = {65536, 65536}, .stride = stride}}),
                testing::AllOf(testing::HasSubstr("units over 4096×4096 pixels, expected at most "
                                                  "16777216; choose fewer filters")));
  }
}

// A batch of `size` random images, one tile wide.
Batch random_batch(int pixels, int size) {
  Batch batch;
  batch.size = size;
  batch.stride = kernels::kTile;
  batch.variables = pixels;
  for (int lane = 0; lane < batch.stride; ++lane) {
    batch.indices.push_back(static_cast<std::uint32_t>(3 * std::min(lane, size - 1)));
  }
  batch.addresses = batch.indices;
  for (int pixel = 0; pixel < pixels; ++pixel) {
    for (const std::uint32_t image : batch.indices) {
      batch.values.push_back(static_cast<float>(
          random_uniform({.seed = 9, .image = image}, static_cast<std::uint32_t>(pixel))));
    }
  }
  return batch;
}

class SpvaeOfNetwork : public testing::TestWithParam<Network> {};

INSTANTIATE_TEST_SUITE_P(All, SpvaeOfNetwork, testing::Values(Network::kMlp, Network::kConv),
                         [](const auto& test) {
                           return std::string(test.param == Network::kMlp ? "Mlp" : "Conv");
                         });

TEST_P(SpvaeOfNetwork, OverOneRegionIsTheClassicalVae) {
  ModelConfig config{.structure = kVae,
                     .height = 4,
                     .width = 3,
                     .leaf = {.hidden = 5,
                              .latent = 2,
                              .network = GetParam(),
                              .filters = {2, 3},
                              .stride = 2,
                              .dense = 4}};
  Spvae vae(config);
  vae.initialise(1);
  config.structure = kSpn;
  config.k_leaf = 1;
  Spvae spvae(config);
  spvae.initialise(1);
  ASSERT_EQ(vae.leaves().leaves(), 1);
  ASSERT_TRUE(std::ranges::equal(vae.parameters(), spvae.parameters()));
  EXPECT_TRUE(vae.logits().empty());

  // The root is the leaf: the model's value is the leaf's own bound.
  ThreadPool pool(1);
  const Batch batch = random_batch(12, 3);
  const NoiseKey noise{.seed = 1};
  std::vector<float> log_weight(kernels::kTile);
  make_reference_engine(vae.leaves(), pool)
      ->log_weights(vae.parameters(), batch, noise, 0, 1, log_weight);
  const std::vector<double> bound(log_weight.begin(), log_weight.end());
  for (const Spvae* model : {&vae, &spvae}) {
    Circuit::Trace trace;
    model->circuit().forward(model->logits(), bound, batch.stride, pool, trace);
    EXPECT_TRUE(std::ranges::equal(trace.root(), bound));
  }
}

TEST(Spvae, TakesLeavesOfAnyVariables) {
  // Red of both pixels; green and blue of one each, crossed: no leaf holds a pixel.
  std::vector<Region> regions = {
      {{0, 3}}, {{1, 5}}, {{2, 4}}, {{1, 2, 4, 5}}, {{0, 1, 2, 3, 4, 5}}};
  Spvae model({.structure = Structure::kFile,
               .height = 1,
               .width = 2,
               .channels = 3,
               .graph = std::make_shared<const RegionGraph>(
                   6, std::move(regions), std::vector<Partition>{{3, 1, 2}, {4, 0, 3}}),
               .leaf = {.hidden = 3, .latent = 2}});
  model.initialise(1);
  ThreadPool pool(1);
  const Batch batch = random_batch(6, 4);
  const auto rows = static_cast<std::size_t>(model.leaves().leaves() * batch.stride);
  std::vector<float> fused(rows);
  std::vector<float> reference(rows);
  make_engine(Engine::kFused, model.leaves(), pool)
      ->log_weights(model.parameters(), batch, {.seed = 1}, 0, 1, fused);
  make_engine(Engine::kReference, model.leaves(), pool)
      ->log_weights(model.parameters(), batch, {.seed = 1}, 0, 1, reference);
  EXPECT_THAT(fused, testing::Pointwise(testing::FloatNear(1e-4F), reference));
}

TEST_P(SpvaeOfNetwork, HasTheGradientOfTheBoundOfAlgorithmOne) {
  Spvae model({.height = 2,
               .width = 3,
               .delta = 2,
               .leaf = {.hidden = 3,
                        .hidden_layers = 1,
                        .latent = 2,
                        .network = GetParam(),
                        .filters = {1, 2},
                        .dense = 3}});
  model.initialise(1);
  constexpr int kSamples = 3;
  const Batch batch = random_batch(6, 4);
  const NoiseKey noise{.seed = 5, .step = 2};
  const int leaves = model.leaves().leaves();
  const auto cells = static_cast<std::size_t>(leaves * batch.stride);
  ThreadPool pool(1);
  Circuit::Trace trace;

  // Σ over images of the bound (TP19 Eq. (9)), in double.
  const auto bound = [&](const ParameterBuffer& parameters) {
    std::vector<double> log_weight(cells * kSamples);
    reference_log_weights(model.leaves(), parameters, batch, noise, 0, kSamples, pool, log_weight);
    std::vector<double> elbo(cells);
    for (std::size_t i = 0; i < cells; ++i) {
      const std::size_t stride = kernels::kTile;
      const double* first = log_weight.data() + i / stride * kSamples * stride + i % stride;
      for (std::size_t s = 0; s < kSamples; ++s) elbo[i] += std::exp(first[s * stride]) / kSamples;
      elbo[i] = std::log(elbo[i]);
    }
    const std::span<const float> logits(parameters.data() + model.leaves().parameters_end(),
                                        model.circuit().sum_weights());
    model.circuit().forward(logits, elbo, batch.stride, pool, trace);
    double sum = 0;
    for (const double root : trace.root().first(static_cast<std::size_t>(batch.size))) sum += root;
    return sum;
  };

  const ParameterBuffer parameters(model.parameters().begin(), model.parameters().end());
  const auto engine = make_reference_engine(model.leaves(), pool);
  std::vector<float> log_weight(cells * kSamples);
  std::vector<float> weight(log_weight.size());
  std::vector<float> gradient(log_weight.size());
  std::vector<double> elbo(cells);
  std::vector<double> responsibility(cells);
  std::vector<float> grad(parameters.size());
  engine->log_weights(parameters, batch, noise, 0, kSamples, log_weight);
  importance_weights(log_weight, leaves, kSamples, batch.stride, pool, elbo, weight);
  model.circuit().forward(model.logits(), elbo, batch.stride, pool, trace);
  model.circuit().backward(trace, batch.size, pool, responsibility,
                           std::span(grad).subspan(model.leaves().parameters_end()));
  row_gradient(responsibility, weight, leaves, kSamples, batch.stride, 1, pool, gradient);
  engine->backward(parameters, batch, noise, kSamples, {gradient}, grad);

  for (std::size_t i = 0; i < parameters.size(); ++i) {
    ParameterBuffer above = parameters;
    ParameterBuffer below = parameters;
    above[i] += 1e-3F;
    below[i] -= 1e-3F;
    const double step = static_cast<double>(above[i]) - static_cast<double>(below[i]);
    const double slope = (bound(above) - bound(below)) / step;
    ASSERT_NEAR(grad[i], slope, 1e-4 * (1 + std::abs(slope))) << "parameter " << i;
  }
}

}  // namespace
}  // namespace spvae
