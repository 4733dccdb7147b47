// A whole training step and the evaluation of every model of the paper that the library has, on
// images of MNIST's size. Compare medians within one run.
#include <benchmark/benchmark.h>

#include <memory>
#include <numeric>
#include <vector>

#include "spvae/core/random.h"
#include "spvae/kernels/kernels.h"
#include "spvae/leaves/fused_engine.h"
#include "spvae/train/adam.h"
#include "spvae/train/objective.h"

namespace spvae {
namespace {

constexpr int kImages = 128;
constexpr int kSamples = 5;
constexpr int kEvaluationSamples = 128;

ModelConfig config_of(Structure structure, Likelihood likelihood) {
  ModelConfig config;
  config.structure = structure;
  config.leaf.likelihood = likelihood;
  if (structure == Structure::kSingleRegion) {
    config.leaf.hidden = 300;
    config.leaf.latent = 200;
  }
  return config;
}

ImageSet random_images(int count, int height, int width) {
  ImageSet images;
  images.height = height;
  images.width = width;
  for (int n = 0; n < count; ++n) {
    const auto image = static_cast<std::uint32_t>(n);
    images.indices.push_back(image);
    for (int v = 0; v < images.pixels(); ++v) {
      const RandomAddress address{1, 0, Purpose::kPixelNoise, image, 0, 0};
      const std::uint32_t level = random_word(address, static_cast<std::uint32_t>(v)) >> 24;
      images.values.push_back(static_cast<float>(level) / 255.0f);
    }
  }
  return images;
}

// Arguments: structure, likelihood, threads.
struct Setting {
  explicit Setting(const benchmark::State& state)
      : model(config_of(static_cast<Structure>(state.range(0)),
                        static_cast<Likelihood>(state.range(1)))),
        pool(static_cast<int>(state.range(2))),
        engine(make_fused_engine(model.leaves(), pool)) {
    model.initialise(0);
    const ImageSet images = random_images(kImages, model.config().height, model.config().width);
    std::vector<std::uint32_t> rows(kImages);
    std::iota(rows.begin(), rows.end(), 0u);
    gather_batch(images, rows, batch);
  }

  Spvae model;
  ThreadPool pool;
  std::unique_ptr<LeafEngine> engine;
  Batch batch;
};

void training_step(benchmark::State& state) {
  Setting s(state);
  Objective objective(s.model, kSamples, *s.engine, s.pool);
  ParameterBuffer grad(s.model.parameters().size());
  Adam adam({}, grad.size());
  std::uint32_t step = 0;
  for (auto _ : state) {
    ++step;
    benchmark::DoNotOptimize(
        objective.value_and_gradient(s.batch, {0, step, Purpose::kTraining}, grad));
    adam.ascend(step, 1e-4, grad, s.model.parameters(), s.pool);
  }
  state.SetLabel(kernels::table().target);
}

// Items are (image, sample) pairs.
void evaluation(benchmark::State& state) {
  Setting s(state);
  WeightStatistics statistics;
  for (auto _ : state) {
    s.engine->statistics(s.model.parameters(), s.batch, {0, 0, Purpose::kEvaluation},
                         kEvaluationSamples, statistics);
  }
  state.SetItemsProcessed(state.iterations() * kImages * kEvaluationSamples);
  state.SetLabel(kernels::table().target);
}

void every_model(benchmark::internal::Benchmark* bench) {
  bench->ArgNames({"structure", "likelihood", "threads"})
      ->ArgsProduct({{0, 1}, {0, 1, 2}, {1, 2}})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}

BENCHMARK(training_step)->Apply(every_model);
BENCHMARK(evaluation)->Apply(every_model);

}  // namespace
}  // namespace spvae
