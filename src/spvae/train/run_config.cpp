#include "spvae/train/run_config.h"

#include <algorithm>
#include <cassert>
#include <limits>

#include "spvae/core/error.h"
#include "spvae/data/opened_data.h"
#include "spvae/io/file.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/model_fields.h"
#include "spvae/structure/graph_file.h"

namespace spvae {
namespace {

constexpr double kMaxSeed = std::numeric_limits<std::uint32_t>::max();
constexpr double kMaxSteps = 1e9;
constexpr double kMaxImages = 1 << 26;

// What came later: files say it only where it is used.
template <class Config>
Field<Config> of_later(Field<Config> field) {
  field.written = [get = field.get, none = field.get(Config{})](const Config& config) {
    return get(config) != none;
  };
  return field;
}

const FieldList<TrainConfig>& train_fields() {
  static const FieldList<TrainConfig> list = {
      number_field("samples", &TrainConfig::samples, "importance samples of a training step", 1,
                   10000),
      of_later(choice_field("gradient-estimator", &TrainConfig::gradient_estimator,
                            "iwae: the bound's gradient; dreg: doubly reparametrised, less noisy "
                            "for encoders, the more so the more samples",
                            {"iwae", "dreg"})),
      of_later(
          number_field("thinning", &TrainConfig::thinning,
                       "threshold: samples with a smaller share of a super-pixel's bound enter "
                       "the gradient at random, in proportion to their shares, and count for "
                       "the others: faster; 0: all enter",
                       0, 1)),
      number_field("batch", &TrainConfig::batch, "images of a training step", 1, 65536),
      number_field("learning-rate", &TrainConfig::learning_rate, "Adam's step size", 1e-12, 10),
      choice_field("learning-rate-decay", &TrainConfig::learning_rate_decay,
                   "none: constant; linear, cosine: from learning-rate to 0 over max-steps",
                   {"none", "linear", "cosine"}),
      of_later(number_field("warm-up", &TrainConfig::warm_up,
                            "steps over which the learning rate rises from 0", 0, kMaxSteps)),
      of_later(number_field("circuit-rate", &TrainConfig::circuit_rate,
                            "learning rate of the sums' weights over that of all else", 0, 1000)),
      of_later(number_field("clip-norm", &TrainConfig::clip_norm,
                            "length to which a step's longer gradients are shortened; 0: none", 0,
                            1e30)),
      of_later(number_field("split-every", &TrainConfig::split_every,
                            "steps after which unused leaves become twins of busy ones, in the "
                            "first nine tenths of max-steps; 0: never",
                            0, kMaxSteps)),
      of_later(number_field("averaging", &TrainConfig::averaging,
                            "decay of a moving average of the parameters, which is then what is "
                            "validated and kept; 0: none",
                            0, 0.999999)),
      of_later(choice_field("optimizer", &TrainConfig::optimizer,
                            "adam: of all parameters; muon: weight matrices by orthogonalised "
                            "momentum, all else by Adam",
                            {"adam", "muon"})),
      only_for<TrainConfig>(
          "--optimizer muon",
          [](const TrainConfig& config) { return config.optimizer == Optimizer::kMuon; },
          of_later(number_field("matrix-rate", &TrainConfig::matrix_rate,
                                "Muon's step size, of weight matrices", 1e-12, 10))),
      only_for<TrainConfig>(
          "--optimizer muon",
          [](const TrainConfig& config) { return config.optimizer == Optimizer::kMuon; },
          of_later(number_field("weight-decay", &TrainConfig::weight_decay,
                                "a step multiplies weight matrices by 1 − matrix-rate times this",
                                0, 1))),
      number_field("beta1", &TrainConfig::beta1, "Adam's decay of the first moment", 0, 0.999999),
      number_field("beta2", &TrainConfig::beta2, "Adam's decay of the second moment", 0, 0.999999),
      number_field("epsilon", &TrainConfig::epsilon, "Adam's guard against division by zero", 1e-30,
                   1),
      number_field("max-steps", &TrainConfig::max_steps,
                   "steps after which training ends; 0: by the number of training images", 0,
                   kMaxSteps),
      number_field("validate-every", &TrainConfig::validate_every,
                   "steps between validations; 0: a 25th of max-steps", 0, kMaxSteps),
      number_field("validation-samples", &TrainConfig::validation_samples,
                   "importance samples of a validation", 1, 10000),
      of_later(number_field("validation-images", &TrainConfig::validation_images,
                            "validate on so many of the validation images, evenly spread; 0 is all",
                            0, 1e9)),
      number_field("patience", &TrainConfig::patience,
                   "validations in a row without a new best, after which training ends", 1,
                   kMaxSteps),
      number_field("seed", &TrainConfig::seed,
                   "seed of initial parameters, shuffling and latent noise", 0, kMaxSeed),
  };
  return list;
}

bool of_class(const RunConfig& config) { return !config.class_name.empty(); }

Field<RunConfig> recipe_field() {
  Field<RunConfig> field = without_effect(
      choice_field("recipe", &RunConfig::recipe,
                   "values of what is not given: density: the best density for its size and time; "
                   "paper: TP19's model and training",
                   recipe_names()));
  field.written = [](const RunConfig&) { return false; };
  return field;
}

FieldList<RunConfig> all() {
  FieldList<RunConfig> list = {
      recipe_field(),
      text_field("data", &RunConfig::data,
                 "data set: mnist, cifar10, svhn, or the path of a folder or file of "
                 "images, or of a .csv or .npy file of vectors"),
      without_effect(optional_text_field("data-dir", &RunConfig::data_dir,
                                         "folder to look for the data set in first")),
      number_field("data-seed", &RunConfig::data_seed,
                   "seed of the split, of pixel noise and of --binarise sample", 0, kMaxSeed),
      number_field("training-images", &RunConfig::training_images,
                   "train on so many of the training images; 0 is all", 0, kMaxImages),
      choice_field("colour", &RunConfig::colour,
                   "gray: one channel, the luma of colours; rgb: three channels, which are in the "
                   "same leaves; ycocg: the same, but leaves see luma and two chromas (YCoCg-R, "
                   "lossless: bits are still those of red, green and blue)",
                   {"gray", "rgb", "ycocg"}),
      choice_field("stretch", &RunConfig::stretch,
                   "scaling of each image: image: its least pixel becomes 0, its greatest 1; none: "
                   "raw pixels; auto: none for PNG files and arrays, else image",
                   {"auto", "image", "none"}),
      only_for<RunConfig>(
          std::string(likelihood_info(Likelihood::kGaussian).name),
          [](const RunConfig& config) {
            return config.model.leaf.likelihood.kind == Likelihood::kGaussian;
          },
          choice_field("dequantize", &RunConfig::dequantize,
                       "noise of standard deviation 1/255 on the pixels; auto: on if they are of "
                       "8 bits",
                       {"auto", "on", "off"})),
      only_for<RunConfig>(
          "likelihoods of discrete values",
          [](const RunConfig& config) { return is_discrete(config.model.leaf.likelihood); },
          choice_field("binarise", &RunConfig::binarise,
                       "black and white pixels: threshold: white from 128 of 255 on; sample: with "
                       "probability value/255, drawn once and for all",
                       {"none", "threshold", "sample"})),
      choice_field("missing", &RunConfig::missing,
                   "what stands for a missing pixel in floating-point arrays", {"none", "nan"}),
      of_later(boolean_field("vectors", &RunConfig::vectors,
                             "the rows of a .npy file of two axes are vectors, though they might "
                             "be square images")),
      of_later(boolean_field("standardise", &RunConfig::standardise,
                             "each column of vectors less its mean, over its standard deviation, "
                             "of the training rows; log-likelihoods stay those of the data")),
      optional_text_field("mask", &RunConfig::mask,
                          "what is observed of training and validation images: FILE.npy, 1 "
                          "(observed) and 0 (missing), [height, width], or [images, height, width] "
                          "in the order of the data's files; or FILE.png, white and black"),
      only_for<RunConfig>("models of classes", of_class,
                          optional_text_field("labels", &RunConfig::labels,
                                              "file of the images' labels: .npy, IDX, or text with "
                                              "one a line")),
      optional_text_field("class", &RunConfig::class_name,
                          "train on the images of this class alone"),
  };
  for (auto& field : fields_of(&RunConfig::model, model_choice_fields())) list.push_back(field);
  for (auto& field : fields_of(&RunConfig::train, train_fields())) list.push_back(field);
  list.push_back(choice_field("engine", &RunConfig::engine,
                              "fused: SIMD kernels; reference: plain loops in double precision",
                              {"fused", "reference"}));
  list.push_back(without_effect(number_field("threads", &RunConfig::threads,
                                             "threads; 0 is one for each processor", 0, 1024)));
  return list;
}

/// A graph without a structure is a structure of its own.
Json with_structure(Json values) {
  if (values.contains("graph") && !values.contains("structure")) values["structure"] = "file";
  return values;
}

/// Which model `given` asks for; the default one if it does not say.
ModelKind kind_of(const Json& values) {
  Json choice = Json::object();
  for (const char* key : {"model", "structure"}) {
    if (values.contains(key)) choice[key] = values.at(key);
  }
  ModelConfig model;
  apply_config(model_choice_fields(), choice, model);
  return model_kind(model);
}

/// Of the data that `values` name.
DataTraits traits_of(const Json& values) {
  RunConfig config;
  Json data = Json::object();
  for (const char* key : {"data", "vectors"}) {
    if (values.contains(key)) data[key] = values.at(key);
  }
  apply_config(run_fields(), data, config);
  return {.columns = columns_of_data(config.data, config.vectors),
          .is_float = is_float_array(config.data),
          .is_named = is_named_set(config.data)};
}

/// Gives what is not given its value of the recipe.
void add_recipe(const Json& given, const DataTraits& data, Json& values) {
  RunConfig config;
  if (given.contains("recipe")) run_fields().front().set(config, given.at("recipe"));
  const RecipeCase of_run = {
      .has_structure = given.contains("model") || given.contains("structure"),
      .has_network = given.contains("model") || given.contains("network"),
      .has_standard_priors = given.value("priors", Json()) == "standard",
      .is_single_region = !structure_info(kind_of(values).structure).divides,
      .is_of_vectors = data.columns > 0,
      .is_of_bytes = data.columns == 0 && !data.is_float,
      .has_adam = given.value("optimizer", Json()) == "adam",
      .is_gaussian = given.value("likelihood", Json()) == "gaussian" ||
                     (!given.contains("likelihood") && data.is_float)};
  Json all = recipe_values(config.recipe, of_run);
  all.update(values);
  values = std::move(all);
}

/// What a config asks of vectors, or of images, that they cannot have.
void check_fits(const DataSet& data, const RunConfig& config) {
  if (data.columns().empty()) {
    if (!config.standardise && !config.vectors) return;
    fail(ErrorKind::kUsage, "{}: the data of {} are images, expected vectors; leave it out",
         config.standardise ? "standardise" : "vectors", data.name());
  }
  const char* const of_images = config.stretch == Stretch::kImage      ? "stretch"
                                : config.dequantize == Dequantize::kOn ? "dequantize"
                                : config.binarise != Binarise::kNone   ? "binarise"
                                : config.colour != ColourMode::kGray   ? "colour"
                                                                       : nullptr;
  if (of_images != nullptr) {
    fail(ErrorKind::kUsage, "{}: is of images, but the data of {} are vectors; leave it out",
         of_images, data.name());
  }
}

/// The default of a field that no preset makes use of.
std::string default_of_structures(const Field<RunConfig>& field) {
  for (const StructureInfo& info : structures()) {
    const RunConfig config = default_run_config({info.name, info.structure, Network::kMlp});
    if (is_used(field, config)) return flag_text(field.get(config));
  }
  return flag_text(field.get(RunConfig{}));
}

/// The default of a field in the paper's recipe, by model.
std::string default_of_paper(const Field<RunConfig>& field) {
  // Each value with the models that have it; the first value stands for the rest.
  std::vector<std::pair<std::string, std::string>> values;
  for (const ModelKind& kind : model_kinds()) {
    const RunConfig config = default_run_config(kind);
    if (!is_used(field, config)) continue;
    const std::string value = flag_text(field.get(config));
    const auto known =
        std::ranges::find_if(values, [&value](const auto& entry) { return entry.first == value; });
    if (known == values.end()) {
      values.emplace_back(value, kind.name);
    } else {
      known->second.append(", ").append(kind.name);
    }
  }
  if (values.empty()) return default_of_structures(field);
  std::string text = values.front().first;
  for (std::size_t i = 1; i < values.size(); ++i) {
    text += "; " + values[i].second + ": " + values[i].first;
  }
  return text;
}

}  // namespace

const FieldList<RunConfig>& run_fields() {
  static const FieldList<RunConfig> list = all();
  return list;
}

RunConfig default_run_config(const ModelKind& kind) {
  RunConfig config;
  config.model = default_model_config(kind);
  const StructureInfo& structure = structure_info(kind.structure);
  if (uses(structure, "delta")) config.model.delta = 0;
  if (!structure.divides) config.train.learning_rate = 0.001;
  return config;
}

RunConfig run_config(const Json& given) {
  const Json values = canonical_keys(given, field_infos(run_fields()));
  return run_config(values, traits_of(values));
}

RunConfig run_config(const Json& given, const DataTraits& data) {
  Json values = with_structure(canonical_keys(given, field_infos(run_fields())));
  const Json told = values;
  if (data.columns > 0 && values.value("model", Json("spvae")) == "spvae" &&
      !values.contains("structure")) {
    values["structure"] = structure_info(structure_of_vectors(data.columns)).name;
  }
  add_recipe(told, data, values);
  RunConfig config = default_run_config(kind_of(values));
  if (data.columns > 0) set_vector_defaults(data.columns, config.model);
  apply_config(run_fields(), values, config);
  config.model.channels = config.colour == ColourMode::kGray ? 1 : 3;
  config.model.colour_space =
      config.colour == ColourMode::kYcocg ? ColourSpace::kYcocg : ColourSpace::kRgb;
  if (data.is_named) {
    if (config.stretch == Stretch::kAuto) config.stretch = Stretch::kImage;
    if (config.dequantize == Dequantize::kAuto) config.dequantize = Dequantize::kOn;
  } else if (!values.contains("likelihood") && data.columns == 0 && !data.is_float) {
    config.model.leaf.likelihood.kind = Likelihood::kLogistic;
  }
  return config;
}

void anchor_data(RunConfig& config) {
  const auto anchor = [](std::string& path) {
    if (!is_there(path)) return;
    path = std::filesystem::absolute(path).lexically_normal().string();
  };
  if (!is_named_set(config.data)) anchor(config.data);
  anchor(config.data_dir);
  anchor(config.mask);
  anchor(config.labels);
  anchor(config.model.graph_file);
}

void check_same_result(const RunConfig& config, const RunConfig& other, const std::string& where) {
  for (const Field<RunConfig>& field : run_fields()) {
    const std::string& name = field.info.name;
    // The data, mask and labels may have moved: their digest is compared, and the graph itself.
    const bool is_path = name == "data" || name == "mask" || name == "labels" || name == "graph";
    if (!field.info.changes_result || is_path) continue;
    if (field.get(other) == field.get(config)) continue;
    fail(ErrorKind::kUsage,
         "{}: got {} {}, but the run to resume has {}; leave it out, or start another run", where,
         name, field.get(other).dump(), field.get(config).dump());
  }
}

RunConfig resumed_config(const Json& stored, const Json& given, const std::string& where) {
  RunConfig config;
  try {
    config = run_config(stored);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kUsage) throw;
    throw Error(ErrorKind::kData, error.what());
  }
  // Setting the given values checks them, and spells equal ones equally.
  const RunConfig had = config;
  apply_config(run_fields(), with_structure(given), config);
  // The model spvae of vectors is of another structure than that of images.
  const bool names_no_structure = !given.contains("structure") && !given.contains("graph");
  if (names_no_structure && given.value("model", Json()) == "spvae" &&
      model_kind(had.model).name == "spvae") {
    config.model.structure = had.model.structure;
  }
  // What is left to the data became what the run has.
  if (config.model.delta == 0) config.model.delta = had.model.delta;
  if (config.train.max_steps == 0) config.train.max_steps = had.train.max_steps;
  if (config.train.validate_every == 0) config.train.validate_every = had.train.validate_every;
  if (config.stretch == Stretch::kAuto) config.stretch = had.stretch;
  if (config.dequantize == Dequantize::kAuto) config.dequantize = had.dequantize;
  check_same_result(had, config, where);
  return config;
}

int images_validated(const TrainConfig& config, int all) {
  return config.validation_images > 0 ? std::min(config.validation_images, all) : all;
}

Structure structure_of_vectors(int columns) {
  return columns == 1 ? Structure::kSingleRegion : Structure::kRandom;
}

void set_vector_defaults(int columns, ModelConfig& model) {
  constexpr int kLeafRegions = 4;  // where they are no larger than those of images
  const ModelConfig of_images;
  if (model.leaf_variables == of_images.leaf_variables) {
    model.leaf_variables =
        std::min(model.leaf_variables, (columns + kLeafRegions - 1) / kLeafRegions);
  }
  MeanLink& mean_link = model.leaf.likelihood.gaussian.mean_link;
  if (mean_link == of_images.leaf.likelihood.gaussian.mean_link) mean_link = MeanLink::kIdentity;
}

Columns model_columns(const LikelihoodConfig& likelihood, const std::vector<std::string>& names,
                      bool standardise, const std::function<ImageSet()>& training) {
  const LikelihoodInfo& info = likelihood_info(likelihood.kind);
  const int values = info.values(likelihood);
  if (standardise && values > 0) {
    fail(ErrorKind::kUsage,
         "standardise: the likelihood {} is of whole numbers; leave it out, or choose gaussian",
         info.name);
  }
  if (standardise) return standardised_columns(training());
  Columns columns{.names = names};
  if (values > 0) {
    columns.mean.assign(names.size(), 0);
    columns.deviation.assign(names.size(), values - 1);
  }
  return columns;
}

void set_image_size(int height, int width, ModelConfig& model) {
  constexpr int kSuperPixels = 4;  // along the longer side
  constexpr int kMostDelta = 8;    // where the number of super-pixels costs little
  model.height = height;
  model.width = width;
  if (model.delta != 0) return;
  int parts = kSuperPixels;
  const auto delta = [&] { return (std::max(height, width) + parts - 1) / parts; };
  if (model.product == Product::kElementwise) {
    while (delta() > kMostDelta) parts *= 2;
  }
  model.delta = delta();
}

void read_graph(ModelConfig& model) {
  if (model.structure != Structure::kFile || model.graph_file.empty()) return;
  model.graph = std::make_shared<const RegionGraph>(read_region_graph(
      model.graph_file, model.height * model.width * model.channels, model.channels));
}

void fit_to_data(const DataSet& data, RunConfig& config) {
  check_fits(data, config);
  if (config.colour != ColourMode::kGray && !data.has_colours()) {
    fail(ErrorKind::kUsage, "colour: got {}, but the training images of {} are gray; leave it out",
         config.colour == ColourMode::kRgb ? "rgb" : "ycocg", data.name());
  }
  if (config.missing == Missing::kNan) data.check_takes_nan();
  if (!data.columns().empty()) {
    config.model.columns =
        model_columns(config.model.leaf.likelihood, data.columns(), config.standardise, [&data] {
          ThreadPool pool(1);
          return data.load(Split::kTrain, pool);
        });
  }
  set_image_size(data.height(), data.width(), config.model);
  read_graph(config.model);
  set_training_length(data.count(Split::kTrain), config.train);
  config.stretch = data.stretch();
  config.dequantize = data.dequantize();
}

DataConfig data_config(const RunConfig& config) {
  const LikelihoodConfig& likelihood = config.model.leaf.likelihood;
  return {.data = config.data,
          .data_seed = config.data_seed,
          .values = likelihood_info(likelihood.kind).values(likelihood),
          .data_dir = config.data_dir,
          .training_images = config.training_images,
          .colour = config.colour,
          .stretch = config.stretch,
          .dequantize = config.dequantize,
          .binarise = is_discrete(likelihood) ? config.binarise : Binarise::kNone,
          .missing = config.missing,
          .vectors = config.vectors,
          .mask = config.mask,
          .labels = config.labels,
          .class_name = config.class_name};
}

Json run_config_json(const RunConfig& config) { return config_json(run_fields(), config); }

Json result_config_json(const RunConfig& config) {
  Json values = run_config_json(config);
  for (const Field<RunConfig>& field : run_fields()) {
    if (!field.info.changes_result) values.erase(field.info.name);
  }
  return values;
}

std::vector<FieldInfo> run_field_infos(Recipe recipe) {
  std::vector<FieldInfo> infos = field_infos(run_fields());
  for (FieldInfo& info : infos) info.shown_default = default_text(info.name, recipe);
  return infos;
}

std::string default_text(const std::string& name, Recipe recipe) {
  const FieldList<RunConfig>& fields = run_fields();
  const auto field = std::ranges::find_if(
      fields, [&name](const Field<RunConfig>& f) { return f.info.name == name; });
  assert(field != fields.end());
  if (name == "model") return flag_text(field->get(RunConfig{}));
  if (recipe == Recipe::kPaper) {
    return name == "recipe" ? recipe_names().front() : default_of_paper(*field);
  }
  if (name == "recipe") return recipe_names().back();
  const RunConfig density = run_config({{"recipe", recipe_names().back()}});
  std::string paper = default_of_paper(*field);
  if (!is_used(*field, density)) return paper;
  const std::string text = flag_text(field->get(density));
  return text == paper ? text : text + "; recipe paper: " + paper;
}

}  // namespace spvae
