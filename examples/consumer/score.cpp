// Scores images under a model: the density of the paper's MNIST model, as yet untrained, at an
// image of zeros and at one of ones.

#include <cstdint>
#include <cstdio>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/fused_engine.h"
#include "spvae/model/spvae.h"
#include "spvae/query/log_likelihood.h"

int main() try {
  spvae::Spvae model(spvae::ModelConfig{});
  model.initialise(/*seed=*/1);
  std::printf("%zu parameters\n", model.parameters().size());

  spvae::ImageSet images;
  images.height = model.config().height;
  images.width = model.config().width;
  images.channels = model.config().channels;
  const auto variables = static_cast<std::size_t>(images.variables());
  images.values.assign(variables, 0.0F);
  images.values.resize(2 * variables, 1.0F);
  images.indices = {0, 1};

  spvae::ThreadPool pool(/*threads=*/0);
  const auto engine = spvae::make_fused_engine(model.leaves(), pool);
  const spvae::NoiseKey noise{.seed = 1, .purpose = spvae::Purpose::kEvaluation};
  for (const spvae::ImageScore& score :
       spvae::log_likelihood(model, images, /*samples=*/100, noise, *engine, pool)) {
    std::printf("log p(x) >= %.1f nats\n", score.log_likelihood);
  }
} catch (const spvae::Error& error) {
  std::fprintf(stderr, "score: %s\n", error.what());
  return 1;
}
