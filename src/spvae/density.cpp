#include "spvae/density.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <utility>

#include "spvae/core/index.h"
#include "spvae/core/random.h"
#include "spvae/core/thread_pool.h"
#include "spvae/data/mask.h"
#include "spvae/data/permutation.h"
#include "spvae/data/value_grid.h"
#include "spvae/io/csv.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/checkpoint.h"
#include "spvae/model/data_units.h"
#include "spvae/model/engine.h"
#include "spvae/train/run_config.h"
#include "spvae/train/trainer.h"

namespace spvae {
namespace {

constexpr int kValidationShare = 10;  // one image of so many, where none are given
const char* const kDataName = kArraysOfAProgram;

Sampling sampling_of(int samples, std::uint32_t seed, Sampler sampler) {
  Sampling sampling{.samples = samples, .sampler = sampler};
  sampling.noise.seed = seed;
  return sampling;
}

ImageSet numbered_images(std::size_t values, int height, int width, int channels) {
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

// Some rows as a run has them, whose noise is addressed by their place in the file.
ImageSet rows_of_run(const ImageSet& images, std::span<const std::size_t> rows) {
  ImageSet chosen = images_of_rows(images, rows);
  chosen.addresses.clear();
  return chosen;
}

// Rows in the order of a run: see DataSet.
std::vector<std::size_t> rows_in_order(int count) {
  const std::vector<std::uint32_t> order =
      random_permutation({.purpose = Purpose::kSplit}, static_cast<std::uint32_t>(count));
  return {order.begin(), order.end()};
}

// The first of these rows are trained with; on the others, training is validated.
std::size_t training_rows(int count) {
  return index(count - std::max(1, count / kValidationShare));
}

std::pair<ImageSet, ImageSet> divided(const ImageSet& training, const ImageSet& validation) {
  const bool is_whole = validation.count() > 0;
  const int least = is_whole ? 1 : 2;
  const int count = training.count();
  if (count < least) {
    fail(ErrorKind::kData, "images: got {}, expected at least {} to learn from", count, least);
  }
  const std::vector<std::size_t> rows = rows_in_order(count);
  if (is_whole) {
    ImageSet checked = validation;
    checked.addresses.clear();
    return {rows_of_run(training, rows), std::move(checked)};
  }
  const std::span all(rows);
  return {rows_of_run(training, all.first(training_rows(count))),
          rows_of_run(training, all.subspan(training_rows(count)))};
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

// Flags of `spvae train` that say where images come from, or what is done to them.
constexpr std::array kFlagsOfData = {
    "data",    "data-dir", "data-seed", "training-images", "stretch", "dequantize", "binarise",
    "missing", "vectors",  "mask",      "labels",          "class",   "engine"};

// The model of the settings, for images of this size or vectors of these columns.
ModelConfig fitted_model(const ImageSet& training, const DensitySettings& settings) {
  ModelConfig model = settings.model;
  model.channels = training.channels;
  if (!training.columns.are_none()) {
    if (model.structure == Structure::kPoonDomingos) {
      model.structure = structure_of_vectors(training.variables());
    }
    set_vector_defaults(training.variables(), model);
    model.columns = model_columns(model.leaf.likelihood, training.columns.names,
                                  settings.standardise, [&training] { return training; });
  } else if (settings.standardise) {
    fail(ErrorKind::kUsage, "standardise: the data are images, expected vectors; leave it out");
  }
  set_image_size(training.height, training.width, model);
  if (!model.graph) read_graph(model);
  return model;
}

// Of a run whose data are a program's.
RunConfig config_of_data(const DensitySettings& settings, const ModelConfig& model) {
  RunConfig config;
  config.data = kDataName;
  config.stretch = Stretch::kNone;
  config.dequantize = Dequantize::kOff;
  config.colour = model.channels != 3                         ? ColourMode::kGray
                  : model.colour_space == ColourSpace::kYcocg ? ColourMode::kYcocg
                                                              : ColourMode::kRgb;
  config.model = model;
  config.train = settings.train;
  config.standardise = settings.standardise;
  return config;
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
  ImageSet images = numbered_images(values.size(), height, width, channels);
  images.values.reserve(values.size());
  for (const std::uint8_t value : values)
    images.values.push_back(static_cast<float>(value) / 255.0f);
  address_by_content(images);
  return images;
}

ImageSet images_of_numbers(std::span<const float> values, int height, int width, int channels) {
  ImageSet images = numbered_images(values.size(), height, width, channels);
  take_numbers(values, images);
  check_images(images, height, width, channels);
  address_by_content(images);
  return images;
}

ImageSet vectors_of_numbers(std::span<const float> values, std::vector<std::string> names) {
  check_column_names("columns", names);
  ImageSet vectors = numbered_images(values.size(), 1, static_cast<int>(names.size()), 1);
  vectors.columns.names = std::move(names);
  take_numbers(values, vectors);
  check_images(vectors, 1, vectors.width, 1, vectors.columns);
  address_by_content(vectors);
  return vectors;
}

ImageSet vectors_of_numbers(std::span<const float> values, int columns) {
  ImageSet vectors = vectors_of_numbers(values, numbered_columns(index(std::max(columns, 0))));
  vectors.columns.are_numbered = true;
  return vectors;
}

void hide_pixels(std::span<const std::uint8_t> observed, ImageSet& images) {
  const std::size_t pixels = index(images.height) * index(images.width);
  if (observed.size() != pixels && observed.size() != pixels * index(images.count())) {
    fail(ErrorKind::kData,
         "mask: got {} values, expected {}, one for each pixel, or {} times these", observed.size(),
         pixels, images.count());
  }
  apply_mask({.height = images.height,
              .width = images.width,
              .observed = {observed.begin(), observed.end()}},
             images);
  address_by_content(images);
}

DensitySettings density_settings(const std::string& flags, const ImageSet& training,
                                 bool has_bytes) {
  const ParsedJson parsed = parse_json(flags);
  if (parsed.fault) fail(ErrorKind::kUsage, "settings: {}", fault_text(*parsed.fault, flags));
  Json given = canonical_keys(parsed.value, field_infos(run_fields()));
  for (const char* name : kFlagsOfData) {
    if (!given.contains(name)) continue;
    fail(ErrorKind::kUsage, "{}: the images are given, as they are to be learnt; leave it out",
         name);
  }
  if (!given.contains("recipe")) given["recipe"] = recipe_names().back();
  const bool is_vectors = !training.columns.are_none();
  const DataTraits data{.columns = is_vectors ? training.variables() : 0,
                        .is_float = !is_vectors && !has_bytes};
  RunConfig config = run_config(given, data);
  check_used(run_fields(), config, given);
  if (training.channels == 3 && !given.contains("colour")) {
    const LikelihoodConfig& likelihood = config.model.leaf.likelihood;
    constexpr int kLevels = 256;
    if (has_bytes && likelihood_info(likelihood.kind).values(likelihood) == kLevels) {
      config.model.colour_space = ColourSpace::kYcocg;
    }
  }
  config.model.channels = training.channels;
  return {.model = config.model,
          .train = config.train,
          .standardise = config.standardise,
          .threads = config.threads};
}

std::vector<std::size_t> validation_rows(int count) {
  std::vector<std::size_t> rows = rows_in_order(count);
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(training_rows(count)));
  return rows;
}

Density::Density(std::unique_ptr<State> state) : state_(std::move(state)) {}
Density::Density(Density&&) noexcept = default;
Density& Density::operator=(Density&&) noexcept = default;
Density::~Density() = default;

const ModelConfig& Density::config() const { return state_->model.config(); }

std::vector<Part> Density::parts() const {
  const RegionGraph& graph = state_->model.graph();
  std::vector<Part> parts;
  for (int region = 0; region < graph.leaf_regions(); ++region) {
    const std::vector<int>& scope = graph.regions()[index(region)].scope;
    parts.push_back({scope, bounding_rectangle(scope, config().width, config().channels)});
  }
  return parts;
}

std::span<const float> Density::parameters() const {
  return std::as_const(state_->model).parameters();
}

std::string Density::description() const {
  const ModelOrigin& origin = state_->origin;
  return Json({{"step", origin.step},
               {"validation_bound", origin.validation_bound},
               {"seed", origin.seed},
               {"data", origin.data},
               {"unused_leaves", origin.unused},
               {"training", origin.training}})
      .dump();
}

Density Density::train(const ImageSet& training, const DensitySettings& settings,
                       const TrainingObserver& observer, const ImageSet& validation,
                       const std::function<bool()>& stop, const Density* start) {
  auto [learned, checked] = divided(training, validation);
  RunConfig config = start != nullptr ? config_of_data(settings, start->config())
                                      : config_of_data(settings, fitted_model(learned, settings));
  set_training_length(learned.count(), config.train);
  keep_evenly(checked, images_validated(config.train, checked.count()));
  RunConfig copy = config;
  for (const auto& field : run_fields()) {
    if (is_written(field, config)) field.set(copy, field.get(config));  // checks its bounds
  }
  for (const ImageSet* images : {&learned, &checked}) {
    check_images(*images, config.model);
    check_values(*images, config.model.leaf.likelihood);
    if (mean_observed_variables(*images) == 0) {
      fail(ErrorKind::kData, "no value of any training or validation image is observed");
    }
  }
  Spvae model(config.model);
  if (start != nullptr) {
    std::ranges::copy(start->parameters(), model.parameters().begin());
  } else {
    model.initialise(config.train.seed);
  }
  auto state = std::make_unique<State>(std::move(model), ModelOrigin{}, settings.threads);
  Trainer trainer(config.train, state->model, learned, checked, *state->engine, state->pool);
  bool goes_on = true;
  while (goes_on && !trainer.finished()) {
    const bool stops = stop && stop();
    const bool lacks_check = stops && trainer.progress().best_step == 0;
    if (stops && !lacks_check) break;
    if (!lacks_check && !trainer.check_due()) {
      trainer.step();
      continue;
    }
    const Check check = trainer.check();
    goes_on = !observer || observer({check.step, check.training_bound, check.validation_bound,
                                     check.is_best, config.train.max_steps});
    if (stops) break;
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

void Density::visit(const ImageSet& images, int samples, std::uint32_t seed, Sampler sampler,
                    const EvaluationObserver& observer,
                    const std::function<void(const Evidence&)>& visitor) const {
  for_each_batch(state_->model, images, sampling_of(samples, seed, sampler), *state_->engine,
                 state_->pool, observer, visitor);
}

std::vector<ImageScore> Density::log_likelihood(const ImageSet& images, int samples,
                                                std::uint32_t seed, Sampler sampler,
                                                const EvaluationObserver& observer) const {
  return spvae::log_likelihood(state_->model, images, sampling_of(samples, seed, sampler),
                               *state_->engine, state_->pool, observer);
}

Contributions Density::contributions(const ImageSet& images, int samples, std::uint32_t seed,
                                     Sampler sampler, const EvaluationObserver& observer) const {
  return spvae::contributions(state_->model, images, sampling_of(samples, seed, sampler),
                              *state_->engine, state_->pool, observer);
}

ImageSet Density::sample(int count, std::uint32_t seed, SampledPixels pixels) const {
  return spvae::sample(state_->model, count, seed, pixels, *state_->engine, state_->pool);
}

Completions Density::complete(const ImageSet& images, Filling filling, int count,
                              std::uint32_t seed, int proposals, Sampler sampler,
                              const EvaluationObserver& observer) const {
  return spvae::complete(state_->model, images, filling, count, seed,
                         sampling_of(proposals, seed, sampler), *state_->engine, state_->pool,
                         observer);
}

Embedding Density::embed(const ImageSet& images, int samples, std::uint32_t seed, Sampler sampler,
                         const EvaluationObserver& observer) const {
  Embedding all;
  visit(images, samples, seed, sampler, observer, [&](const Evidence& evidence) {
    append(spvae::embed(state_->model, evidence, *state_->engine, state_->pool), all);
  });
  return all;
}

std::vector<Explanation> Density::explain(const ImageSet& images, int samples, std::uint32_t seed,
                                          Sampler sampler,
                                          const EvaluationObserver& observer) const {
  std::vector<Explanation> all;
  visit(images, samples, seed, sampler, observer, [&](const Evidence& evidence) {
    for (int lane = 0; lane < evidence.batch.size; ++lane) {
      all.push_back(spvae::explain(state_->model, evidence, lane));
    }
  });
  return all;
}

ImageSet Density::reconstruct(const ImageSet& images, int samples, std::uint32_t seed,
                              Sampler sampler, const EvaluationObserver& observer) const {
  ImageSet all = empty_images(config());
  visit(images, samples, seed, sampler, observer, [&](const Evidence& evidence) {
    append_images(spvae::reconstruct(state_->model, evidence, *state_->engine, state_->pool), all);
  });
  return all;
}

}  // namespace spvae
