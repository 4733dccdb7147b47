// bench_dump_step CONFIG.json OUT.safetensors [STEPS]: one training step for another program to
// recompute. The config has the keys of a run's config, "height" and "width" as well. After STEPS
// steps of training (0), writes the parameters under their names; "images" [B, V], "noise"
// [E, k, B, Z] of the experts, the mean "bound" [1] in nats and the gradient of each tensor,
// "gradient.NAME".
#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <iostream>
#include <string>
#include <vector>

#include "spvae/io/file.h"
#include "spvae/io/safetensors.h"
#include "subject.h"

namespace spvae::bench {
namespace {

struct Step {
  NoiseKey noise;
  Batch batch;
  double bound = 0;
  ParameterBuffer gradient;
};

Step training_step(Subject& subject, int number) {
  const TrainConfig& train = subject.config.train;
  Step step{.noise = {train.seed, static_cast<std::uint32_t>(number), Purpose::kTraining},
            .batch = {},
            .gradient = ParameterBuffer(subject.model.parameters().size())};
  Shuffle shuffle(static_cast<std::uint32_t>(subject.images.count()),
                  static_cast<std::uint32_t>(train.batch), train.seed);
  gather_batch(subject.images, shuffle.rows(static_cast<std::uint64_t>(number)), step.batch);
  Objective objective(subject.model, {train.samples, train.gradient_estimator, train.thinning},
                      *subject.engine, subject.pool);
  step.bound = objective.value_and_gradient(step.batch, step.noise, step.gradient);
  return step;
}

void add_images(const Batch& batch, TensorFile& file) {
  const auto size = static_cast<std::size_t>(batch.size);
  const auto pixels = static_cast<std::size_t>(batch.variables);
  std::vector<float> images;
  for (std::size_t image = 0; image < size; ++image) {
    for (std::size_t pixel = 0; pixel < pixels; ++pixel) {
      images.push_back(batch.values[pixel * static_cast<std::size_t>(batch.stride) + image]);
    }
  }
  file.add<float>("images", {size, pixels}, images);
}

void add_noise(const Subject& subject, const Step& step, TensorFile& file) {
  const auto experts = static_cast<std::uint32_t>(subject.model.leaves().experts());
  const auto samples = static_cast<std::uint32_t>(subject.config.train.samples);
  const auto size = static_cast<std::uint32_t>(step.batch.size);
  const auto latent = static_cast<std::uint32_t>(subject.config.model.leaf.latent);
  std::vector<float> noise;
  RandomAddress address{
      .seed = step.noise.seed, .step = step.noise.step, .purpose = step.noise.purpose};
  for (address.leaf = 0; address.leaf < experts; ++address.leaf) {
    for (address.sample = 0; address.sample < samples; ++address.sample) {
      for (std::uint32_t lane = 0; lane < size; ++lane) {
        address.image = step.batch.addresses[lane];
        for (std::uint32_t d = 0; d < latent; ++d) {
          noise.push_back(static_cast<float>(random_normal(address, d)));
        }
      }
    }
  }
  file.add<float>("noise", {experts, samples, size, latent}, noise);
}

void dump_step(const std::string& config_path, const std::string& out, int steps) {
  const Json given = Json::parse(read_file(config_path));
  const RunConfig config = subject_config(given);
  ThreadPool pool(config.threads);
  const ImageSet images = subject_images(config, pool);
  Subject subject(config, images, 0.0f);
  for (int i = 0; i < steps; ++i) subject.trainer.step();
  const Step step = training_step(subject, steps);

  TensorFile file;
  file.metadata["config"] = given.dump();
  for (const Tensor& tensor : subject.model.layout().tensors()) {
    const std::span<const float> parameters = subject.model.parameters();
    const std::span<const float> gradient = step.gradient;
    file.add<float>(tensor.name, tensor.shape, parameters.subspan(tensor.offset, tensor.size));
    file.add<float>("gradient." + tensor.name, tensor.shape,
                    gradient.subspan(tensor.offset, tensor.size));
  }
  add_images(step.batch, file);
  add_noise(subject, step, file);
  file.add<double>("bound", {1}, std::span(&step.bound, 1));
  write_safetensors(out, file);
}

}  // namespace
}  // namespace spvae::bench

int main(int count, char** arguments) {
  int steps = 0;
  if (count == 4) {
    const std::string_view text = arguments[3];
    std::from_chars(text.data(), text.data() + text.size(), steps);
  } else if (count != 3) {
    fmt::print(stderr, "use: bench_dump_step CONFIG.json OUT.safetensors [STEPS]\n");
    return 64;
  }
  try {
    spvae::bench::dump_step(arguments[1], arguments[2], steps);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_dump_step: {}\n", error.what());
    return 1;
  }
  return 0;
}
