#include "subject.h"

#include <cstddef>
#include <vector>

#include "spvae/data/data_set.h"
#include "spvae/leaves/fused_engine.h"
#include "spvae/model/model_fields.h"

namespace spvae::bench {
namespace {

ImageSet resized(const ImageSet& from, int height, int width) {
  ImageSet to{.height = height,
              .width = width,
              .channels = from.channels,
              .values = {},
              .indices = from.indices};
  const auto variables = static_cast<std::size_t>(from.variables());
  for (std::size_t image = 0; image < from.indices.size(); ++image) {
    const float* values = &from.values[image * variables];
    for (int row = 0; row < height; ++row) {
      for (int column = 0; column < width; ++column) {
        const int nearest = row * from.height / height * from.width + column * from.width / width;
        const float* pixel = values + std::ptrdiff_t{nearest} * from.channels;
        to.values.insert(to.values.end(), pixel, pixel + from.channels);
      }
    }
  }
  return to;
}

std::unique_ptr<LeafEngine> engine_of(const RunConfig& config, const LeafBank& bank,
                                      ThreadPool& pool, float negligible_row) {
  return config.engine == Engine::kFused ? make_fused_engine(bank, pool, negligible_row)
                                         : make_engine(config.engine, bank, pool);
}

RunConfig with_length(RunConfig config, const ImageSet& training_images) {
  set_training_length(training_images.count(), config.train);
  return config;
}

Spvae initialised(const RunConfig& config) {
  Spvae model(config.model);
  model.initialise(config.train.seed);
  return model;
}

}  // namespace

RunConfig subject_config(const Json& given) {
  Json run = given;
  run.erase("height");
  run.erase("width");
  RunConfig config = run_config(run);
  set_image_size(given.value("height", config.model.height),
                 given.value("width", config.model.width), config.model);
  return config;
}

ImageSet subject_images(const RunConfig& config, ThreadPool& pool) {
  const DataSet data(data_config(config), &pool);
  ImageSet images = data.load(Split::kTrain, pool);
  const auto [height, width] = std::pair(config.model.height, config.model.width);
  if (images.height == height && images.width == width) return images;
  return resized(first_images(images, 2048), height, width);
}

ImageSet first_images(const ImageSet& images, int count) {
  std::vector<std::size_t> rows;
  rows.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) rows.push_back(static_cast<std::size_t>(i % images.count()));
  return images_of_rows(images, rows);
}

Subject::Subject(const RunConfig& run_config, const ImageSet& training_images, float negligible_row)
    : config(with_length(run_config, training_images)),
      images(training_images),
      pool(config.threads),
      model(initialised(config)),
      engine(engine_of(config, model.leaves(), pool, negligible_row)),
      trainer(config.train, model, images, images, *engine, pool) {}

}  // namespace spvae::bench
