#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/data/data_set.h"
#include "spvae/model/engine.h"
#include "spvae/model/model_kinds.h"
#include "spvae/train/recipes.h"
#include "spvae/train/train_config.h"

namespace spvae {

/// Everything that `spvae train` may be told: the content of a run's config.json.
struct RunConfig {
  /// What was not told has its values; no part of what is kept, which holds all of them.
  Recipe recipe = Recipe::kPaper;
  std::string data = "mnist";   ///< as DataConfig has it, and those that follow
  std::string data_dir;         ///< where to look for a named set first
  std::uint32_t data_seed = 0;  ///< of split, pixel noise and binarisation
  int training_images = 0;      ///< 0: all
  ColourMode colour = ColourMode::kGray;
  Stretch stretch = Stretch::kAuto;
  Dequantize dequantize = Dequantize::kAuto;
  Binarise binarise = Binarise::kNone;
  Missing missing = Missing::kNone;
  bool vectors = false;
  bool standardise = false;  ///< the columns of vectors, by training rows
  std::string mask;          ///< of training and validation images
  std::string labels;        ///< file of the images' labels; empty: the data set's own
  std::string class_name;    ///< the field "class": whose images alone are learnt; empty: all
  ModelConfig model;         ///< height and width follow from the data
  TrainConfig train;
  Engine engine = Engine::kFused;
  int threads = 0;  ///< 0: one for each processor
};

/// All names of RunConfig, each with help and bounds. Of "threads" and "data-dir" alone
/// changes_result is false: a resumed run may alter them.
const FieldList<RunConfig>& run_fields();

/// The defaults of a kind of model: default_model_config, but for a delta of 0 where it is used,
/// and the learning rate (0.01 where the structure divides the image, 0.001 for vae and conv-vae).
RunConfig default_run_config(const ModelKind& kind);

/// Makes the paths of the data absolute where they are there, so that a run is found again from any
/// folder.
void anchor_data(RunConfig& config);

/// The config of a run that goes on: what was `stored` of it, with those values of `given` that do
/// not change a result, or say where the data are; a delta of 0 and kAuto are what the run has.
/// Error(kUsage) names the first other difference;
/// `where` names the run.
RunConfig resumed_config(const Json& stored, const Json& given, const std::string& where);

/// Refuses, as resumed_config, the first field of `other` that would change the result of a run
/// with `config`.
void check_same_result(const RunConfig& config, const RunConfig& other, const std::string& where);

/// What run_config asks of the data.
struct DataTraits {
  int columns = 0;        ///< of vectors; 0 of images
  bool is_float = false;  ///< images of floating-point pixels; else of 8 bits
  bool is_named = false;  ///< a set with a name of its own
};

/// The one place where a run's config is made: the defaults of given["model"] and
/// given["structure"], then every key of `given` (flags laid over a config file). Of data without a
/// name, the likelihood is logistic by default unless they are a .npy of floating-point numbers; of
/// named sets, kAuto becomes what it stands for. The model's channels are as `colour` says. Of
/// vectors (columns_of_data) the structure is random (of one column, single-region), with leaf
/// regions of a quarter of the columns or 64, the likelihood gaussian and its mean without a link,
/// by default. Error(kUsage) for unknown keys and bad values. Values that the model makes no use of
/// are kept.
RunConfig run_config(const Json& given);
/// The same, of data that are at hand.
RunConfig run_config(const Json& given, const DataTraits& data);

/// What is asked of a run, read once: the keys that were given, and the config that they make.
struct RunRequest {
  RunRequest() = default;
  /// Errors as run_config.
  RunRequest(const Json& keys) : given(keys), config(run_config(keys)) {}  // NOLINT: the same, read

  Json given = Json::object();
  RunConfig config;
};

/// The name of data that are no files but what a program gave (density.h).
inline constexpr const char* kArraysOfAProgram = "(arrays of a program)";

/// What vectors of so many columns have by default.
Structure structure_of_vectors(int columns);

/// How many of `all` validation images a run validates on.
int images_validated(const TrainConfig& config, int all);

/// Where fields have the defaults of images, those of vectors of so many columns: see run_config.
void set_vector_defaults(int columns, ModelConfig& model);

/// What a model makes of the columns of vectors: standardised by the training rows, if asked for;
/// of likelihoods of n values, whole numbers over n − 1. Error(kUsage) for both at once, else as
/// standardised_columns.
Columns model_columns(const LikelihoodConfig& likelihood, const std::vector<std::string>& names,
                      bool standardise, const std::function<ImageSet()>& training);

/// Sets the images' size; a delta of 0 becomes the one that gives about 4×4 super-pixels, a quarter
/// of the longer side, rounded up.
void set_image_size(int height, int width, ModelConfig& model);

/// Reads the graph of a structure that a file holds, for images of the model's size and channels.
/// Errors as read_region_graph.
void read_graph(ModelConfig& model);

/// Sets what follows from the data: the images' size, and what the config leaves to them (a delta
/// of 0, kAuto); reads the graph, and training rows to standardise. Errors as read_graph, and
/// Error(kUsage) if it asks for what the data cannot have: colours of gray images, NaN in those of
/// 8 bits, preparation of images of vectors; as DataSet::load and standardised_columns.
void fit_to_data(const DataSet& data, RunConfig& config);

/// What the config says of the data.
DataConfig data_config(const RunConfig& config);

/// What config.json holds: every field's value.
Json run_config_json(const RunConfig& config);

/// The fields that change a result alone: equal ones give equal bits.
Json result_config_json(const RunConfig& config);

/// What is known of run_fields, with default_text, for commands whose recipe is this where none is
/// told.
std::vector<FieldInfo> run_field_infos(Recipe recipe);

/// The default of a field as help shows it: "5", or "0.01; vae, conv-vae: 0.001" where it depends
/// on the model, and of another recipe than the paper's "5; recipe paper: 2". Models that make no
/// use of the field do not count.
std::string default_text(const std::string& name, Recipe recipe);

}  // namespace spvae
