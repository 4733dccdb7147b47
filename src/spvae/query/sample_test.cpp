#include "spvae/query/sample.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/model/engine.h"

namespace spvae {
namespace {

ImageSet samples(const Spvae& model, int count, std::uint32_t seed, SampledPixels pixels,
                 ThreadPool& pool) {
  const auto engine = make_engine(Engine::kFused, model.leaves(), pool);
  return sample(model, count, seed, pixels, *engine, pool);
}

Spvae small_model(Likelihood likelihood, int hidden_layers = 1) {
  Spvae model(
      {.height = 4,
       .width = 6,
       .delta = 2,
       .leaf = {
           .hidden = 5, .hidden_layers = hidden_layers, .latent = 3, .likelihood = likelihood}});
  model.initialise(11);
  return model;
}

// Leaves only the biases of affine decoders: they ignore z.
void ignore_codes(Spvae& model) {
  for (const LeafGroup& group : model.leaves().groups()) {
    for (const NetworkStack& decoder : group.networks.decoders) {
      const LayerStack& layer = decoder.front();
      for (std::size_t slot = 0; slot < group.experts.size(); ++slot) {
        const auto inputs = static_cast<std::size_t>(layer.inputs);
        const auto outputs = static_cast<std::size_t>(layer.outputs);
        const auto leaf =
            model.parameters().subspan(layer.offset + slot * layer.size(), layer.size());
        std::fill_n(leaf.begin(), inputs * outputs, 0.0F);
        for (std::size_t o = 0; o < outputs; ++o) {
          leaf[inputs * outputs + o] =
              0.3F * static_cast<float>(slot) - 0.2F * static_cast<float>(o);
        }
      }
    }
  }
}

// Where decoders ignore z, E[x_v] = Σ_leaves P(leaf in the tree) · (the leaf's mean of pixel v),
// and P(leaf in the tree) is the prior responsibility d root / d leaf value at leaf values of zero.
std::vector<double> expected_means(const Spvae& model, ThreadPool& pool) {
  constexpr int kStride = 32;
  const auto leaves = static_cast<std::size_t>(model.circuit().leaves());
  const std::vector<double> zeros(leaves * kStride);
  std::vector<double> prior(leaves * kStride);
  std::vector<float> grad(model.circuit().sum_weights());
  Circuit::Trace trace;
  model.circuit().forward(model.logits(), zeros, kStride, pool, trace);
  model.circuit().backward(trace, kStride, pool, prior, grad);
  const auto shared = model.leaves().likelihood_part(model.parameters());
  const std::vector<double> table = likelihood_table(
      model.config().leaf.likelihood, std::vector<double>(shared.begin(), shared.end()));
  std::vector<double> means(static_cast<std::size_t>(model.graph().variables()));
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
    const int index = static_cast<int>(leaf);
    const LeafGroup& group =
        model.leaves().groups()[static_cast<std::size_t>(model.leaves().group_of(index))];
    const auto scope = model.leaves().scope(index);
    for (std::size_t i = 0; i < scope.size(); ++i) {
      std::vector<double> heads;
      for (const NetworkStack& decoder : group.networks.decoders) {
        const LayerStack& layer = decoder.front();
        const auto slot = static_cast<std::size_t>(model.leaves().slot_of(index));
        const std::size_t each = static_cast<std::size_t>(layer.outputs) / scope.size();
        const std::size_t first = layer.offset + slot * layer.size() +
                                  static_cast<std::size_t>(layer.inputs * layer.outputs) + i * each;
        for (std::size_t j = 0; j < each; ++j) heads.push_back(model.parameters()[first + j]);
      }
      means[static_cast<std::size_t>(scope[i])] +=
          prior[leaf * kStride] * mean_pixel({model.config().leaf.likelihood, table, heads});
    }
  }
  return means;
}

TEST(Sample, HasTheMarginalMeansOfTheMixture) {
  ThreadPool pool(2);
  for (const Likelihood likelihood : all_likelihoods()) {
    Spvae model = small_model(likelihood, 0);
    ignore_codes(model);
    constexpr int kSamples = 2000;
    for (const auto pixels : {SampledPixels::kDrawn, SampledPixels::kMean}) {
      const ImageSet images = samples(model, kSamples, 5, pixels, pool);
      const auto expected = expected_means(model, pool);
      for (std::size_t v = 0; v < expected.size(); ++v) {
        double sum = 0, squares = 0;
        for (std::size_t i = 0; i < kSamples; ++i) {
          const double x = images.values[i * expected.size() + v];
          sum += x;
          squares += x * x;
        }
        const double mean = sum / kSamples;
        const double deviation = std::sqrt(std::max(0.0, squares / kSamples - mean * mean));
        // 5 standard errors, for so many comparisons; 1e-6 for float32 means of one value, and
        // what a value is worth that is too rare to be drawn.
        const double rare = pixels == SampledPixels::kDrawn ? 1.0 / kSamples : 1e-6;
        EXPECT_NEAR(mean, expected[v], 5 * deviation / std::sqrt(kSamples) + rare);
      }
    }
  }
}

TEST(Sample, DependsOnSeedAndNumberAloneNotOnCountOrThreads) {
  const Spvae model = small_model(Likelihood::kGaussian);
  ThreadPool one(1);
  ThreadPool two(2);
  const ImageSet few = samples(model, 3, 9, SampledPixels::kDrawn, one);
  const ImageSet many = samples(model, 20, 9, SampledPixels::kDrawn, two);
  EXPECT_EQ(few.indices, (std::vector<std::uint32_t>{0, 1, 2}));
  EXPECT_TRUE(std::equal(few.values.begin(), few.values.end(), many.values.begin()));
  EXPECT_NE(samples(model, 3, 10, SampledPixels::kDrawn, one).values, few.values);
}

TEST(Sample, OfADiscreteModelHoldsMultiplesOfOne255th) {
  ThreadPool pool(1);
  for (const auto likelihood : {Likelihood::kBinomial, Likelihood::kLogistic}) {
    for (const float x :
         samples(small_model(likelihood), 10, 1, SampledPixels::kDrawn, pool).values) {
      EXPECT_EQ(x, std::rint(x * 255) / 255.0F);
      EXPECT_TRUE(x >= 0 && x <= 1);
    }
  }
}

TEST(Sample, OfASingleRegionFillsTheWholeImage) {
  ThreadPool pool(1);
  Spvae model({.structure = Structure::kSingleRegion,
               .height = 3,
               .width = 2,
               .leaf = {.hidden = 4, .latent = 2, .likelihood = Likelihood::kBinomial}});
  model.initialise(1);
  // A Binomial mean is never zero, as an untouched pixel would be.
  for (const float x : samples(model, 5, 1, SampledPixels::kMean, pool).values) EXPECT_GT(x, 0);
}

TEST(Sample, RefusesNoSamplesAndTooManyPixels) {
  ThreadPool pool(1);
  const Spvae model = small_model(Likelihood::kGaussian);
  for (const int count : {-1, 0, 2'000'000'000}) {
    try {
      samples(model, count, 0, SampledPixels::kDrawn, pool);
      FAIL() << count;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    }
  }
}

}  // namespace
}  // namespace spvae
