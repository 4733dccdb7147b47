#include "spvae/density.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "spvae/core/index.h"
#include "spvae/core/thread_pool.h"
#include "spvae/data/value_grid.h"
#include "spvae/io/csv.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/checkpoint.h"
#include "spvae/model/engine.h"
#include "spvae/train/run_config.h"
#include "spvae/train/trainer.h"

namespace spvae {
namespace {

constexpr int kValidationShare = 10;  // one image of so many, where none are given
const char* const kDataName = kArraysOfAProgram;

ImageSet empty_images(std::size_t values, int height, int width, int channels) {
  if (height < 1 || width < 1 || (channels != 1 && channels != 3)) {
    fail(ErrorKind::kData,
         "images: got {}×{} pixels of {} channels, expected 1 or 3 channels of at least 1×1",
         height, width, channels);
  }
  ImageSet images{
      .height = height, .width = width, .channels = channels, .values = {}, .indices = {}};
  const std::size_t variables = index(images.variables());
  if (values == 0 || values % variables != 0) {
    fail(ErrorKind::kData,
         "images: got {} values, expected a multiple of {}, {}×{} pixels of {} channels", values,
         variables, height, width, channels);
  }
  images.indices.resize(values / variables);
  std::iota(images.indices.begin(), images.indices.end(), 0U);
  return images;
}

// NaN is missing.
void take_numbers(std::span<const float> values, ImageSet& images) {
  images.values.assign(values.begin(), values.end());
  if (std::ranges::none_of(values, [](float x) { return std::isnan(x); })) return;
  for (float& value : images.values) {
    images.observed.push_back(std::isnan(value) ? 0 : 1);
    if (std::isnan(value)) value = 0;
  }
}

// The last of the images where there are none for validation.
std::pair<ImageSet, ImageSet> divided(const ImageSet& training, const ImageSet& validation) {
  if (validation.count() > 0) return {training, validation};
  const std::size_t count = index(training.count());
  if (count < 2) fail(ErrorKind::kData, "images: got {}, expected at least 2 to learn from", count);
  const std::size_t kept = count - std::max<std::size_t>(1, count / kValidationShare);
  std::vector<std::size_t> rows(count);
  std::iota(rows.begin(), rows.end(), std::size_t{0});
  return {images_of_rows(training, std::span(rows).first(kept)),
          images_of_rows(training, std::span(rows).subspan(kept))};
}

void check_values(const ImageSet& images, const LikelihoodConfig& likelihood) {
  const LikelihoodInfo& info = likelihood_info(likelihood.kind);
  const int values = info.values(likelihood);
  if (values == 0) return;
  if (!images.columns.are_none()) return check_whole_values(kDataName, values, images);
  for (std::size_t i = 0; i < images.values.size(); ++i) {
    if (!images.observed.empty() && images.observed[i] == 0) continue;
    const float level = images.values[i] * static_cast<float>(values - 1);
    if (std::abs(level - std::round(level)) < 1e-3f) continue;
    fail(ErrorKind::kData,
         "image {}: got the value {}, but the likelihood {} has {} values, 0, 1/{} … 1; choose the "
         "likelihood gaussian, or such values",
         i / index(images.variables()), images.values[i], info.name, values, values - 1);
  }
}

void append(const Embedding& more, Embedding& all) {
  const auto join = [](const auto& from, auto& to) {
    to.insert(to.end(), from.begin(), from.end());
  };
  join(more.mean, all.mean);
  join(more.deviation, all.deviation);
  join(more.responsibilities, all.responsibilities);
  join(more.choices, all.choices);
}

}  // namespace

struct Density::State {
  State(Spvae of, ModelOrigin from, int threads)
      : pool(threads),
        model(std::move(of)),
        origin(std::move(from)),
        engine(make_engine(Engine::kFused, model.leaves(), pool)) {}

  ThreadPool pool;
  Spvae model;
  ModelOrigin origin;
  std::unique_ptr<LeafEngine> engine;
};

ImageSet images_of_bytes(std::span<const std::uint8_t> values, int height, int width,
                         int channels) {
  ImageSet images = empty_images(values.size(), height, width, channels);
  for (const std::uint8_t value : values)
    images.values.push_back(static_cast<float>(value) / 255.0f);
  return images;
}

ImageSet images_of_numbers(std::span<const float> values, int height, int width, int channels) {
  ImageSet images = empty_images(values.size(), height, width, channels);
  take_numbers(values, images);
  check_images(images, height, width, channels);
  return images;
}

ImageSet vectors_of_numbers(std::span<const float> values, std::vector<std::string> names) {
  check_column_names("columns", names);
  ImageSet vectors = empty_images(values.size(), 1, static_cast<int>(names.size()), 1);
  vectors.columns.names = std::move(names);
  take_numbers(values, vectors);
  check_images(vectors, 1, vectors.width, 1, vectors.columns);
  return vectors;
}

ImageSet vectors_of_numbers(std::span<const float> values, int columns) {
  ImageSet vectors = vectors_of_numbers(values, numbered_columns(index(std::max(columns, 0))));
  vectors.columns.are_numbered = true;
  return vectors;
}

Density::Density(std::unique_ptr<State> state) : state_(std::move(state)) {}
Density::Density(Density&&) noexcept = default;
Density& Density::operator=(Density&&) noexcept = default;
Density::~Density() = default;

const ModelConfig& Density::config() const { return state_->model.config(); }

Density Density::train(const ImageSet& training, const DensitySettings& settings,
                       const TrainingObserver& observer, const ImageSet& validation) {
  RunConfig config;
  config.data = kDataName;
  config.stretch = Stretch::kNone;
  config.dequantize = Dequantize::kOff;
  config.colour = training.channels != 3                               ? ColourMode::kGray
                  : settings.model.colour_space == ColourSpace::kYcocg ? ColourMode::kYcocg
                                                                       : ColourMode::kRgb;
  config.model = settings.model;
  config.model.channels = training.channels;
  config.train = settings.train;
  config.standardise = settings.standardise;
  const auto [learned, checked] = divided(training, validation);
  if (config.standardise && training.columns.are_none()) {
    fail(ErrorKind::kUsage, "standardise: the data are images, expected vectors; leave it out");
  }
  if (!training.columns.are_none()) {
    if (config.model.structure == Structure::kPoonDomingos) {
      config.model.structure = structure_of_vectors(training.variables());
    }
    set_vector_defaults(training.variables(), config.model);
    config.model.columns = model_columns(config.model.leaf.likelihood, training.columns.names,
                                         config.standardise, [&data = learned] { return data; });
  }
  set_image_size(training.height, training.width, config.model);
  set_training_length(learned.count(), config.train);
  if (!config.model.graph) read_graph(config.model);
  RunConfig copy = config;
  for (const auto& field : run_fields()) {
    if (is_written(field, config)) field.set(copy, field.get(config));  // checks its bounds
  }
  for (const ImageSet* images : {&learned, &checked}) {
    check_images(*images, training.height, training.width, training.channels, training.columns);
    check_values(*images, config.model.leaf.likelihood);
    if (mean_observed_variables(*images) == 0) {
      fail(ErrorKind::kData, "no value of any training or validation image is observed");
    }
  }
  Spvae model(config.model);
  model.initialise(config.train.seed);
  auto state = std::make_unique<State>(std::move(model), ModelOrigin{}, settings.threads);
  Trainer trainer(config.train, state->model, learned, checked, *state->engine, state->pool);
  bool goes_on = true;
  while (goes_on && !trainer.finished()) {
    if (!trainer.check_due()) {
      trainer.step();
      continue;
    }
    const Check check = trainer.check();
    goes_on = !observer ||
              observer({check.step, check.training_bound, check.validation_bound, check.is_best});
  }
  trainer.restore_best();
  state->origin = {.data = kDataName,
                   .data_digest = {},
                   .step = trainer.progress().best_step,
                   .validation_bound = trainer.progress().best_bound,
                   .seed = config.train.seed,
                   .training = result_config_json(config),
                   .unseen = unseen_pixels(learned),
                   .unused = trainer.best_use().unused};
  return Density(std::move(state));
}

Density Density::load(const std::filesystem::path& path, int threads) {
  StoredModel stored = load_model(path);
  return Density(
      std::make_unique<State>(std::move(stored.model), std::move(stored.origin), threads));
}

void Density::save(const std::filesystem::path& path) const {
  save_model(path, state_->model, state_->model.parameters(), state_->origin);
}

std::vector<ImageScore> Density::log_likelihood(const ImageSet& images, int samples,
                                                std::uint32_t seed, Sampler sampler) const {
  Sampling sampling{.samples = samples, .sampler = sampler};
  sampling.noise.seed = seed;
  return spvae::log_likelihood(state_->model, images, sampling, *state_->engine, state_->pool);
}

ImageSet Density::sample(int count, std::uint32_t seed, SampledPixels pixels) const {
  return spvae::sample(state_->model, count, seed, pixels, *state_->engine, state_->pool);
}

Completions Density::complete(const ImageSet& images, Filling filling, int count,
                              std::uint32_t seed, int proposals, Sampler sampler) const {
  Sampling sampling{.samples = proposals, .sampler = sampler};
  sampling.noise.seed = seed;
  return spvae::complete(state_->model, images, filling, count, seed, sampling, *state_->engine,
                         state_->pool);
}

Embedding Density::embed(const ImageSet& images, int samples, std::uint32_t seed) const {
  Sampling sampling{.samples = samples};
  sampling.noise.seed = seed;
  Embedding all;
  for_each_batch(state_->model, images, sampling, *state_->engine, state_->pool, {},
                 [&](const Evidence& evidence) {
                   append(spvae::embed(state_->model, evidence, *state_->engine, state_->pool),
                          all);
                 });
  return all;
}

}  // namespace spvae
