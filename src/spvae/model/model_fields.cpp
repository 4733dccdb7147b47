#include "spvae/model/model_fields.h"

#include <limits>

#include "spvae/leaves/networks.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/model/model_kinds.h"

namespace spvae {
namespace {

// Far above what a machine can train, low enough that no product of sizes overflows.
constexpr double kMaxSide = 4096;
constexpr double kMaxUnits = 65536;
constexpr double kMaxNodes = 1024;
constexpr double kMaxRepetitions = 1024;

// One field for two members: a preset of structure and network.
Field<ModelConfig> kind_field() {
  FieldInfo info{.name = "model",
                 .help =
                     "spvae: Poon-Domingos structure over VAE leaves; vae: one VAE over the "
                     "image; conv-spvae, conv-vae: the same of convolutional networks",
                 .type = FieldType::kChoice,
                 .choices = {}};
  for (const ModelKind& kind : model_kinds()) info.choices.emplace_back(kind.name);
  return {info,
          [](const ModelConfig& config) -> Json { return std::string(model_kind(config).name); },
          [info](ModelConfig& config, const Json& value) {
            const auto row = static_cast<std::size_t>(choice_of(info, value));
            config.structure = model_kinds()[row].structure;
            config.leaf.network = model_kinds()[row].network;
          }};
}

Field<ModelConfig> structure_field() {
  std::vector<std::string> names;
  for (const StructureInfo& info : structures()) names.emplace_back(info.name);
  Field<ModelConfig> field =
      choice_field("structure", &ModelConfig::structure,
                   "how the image is divided, in place of what the model says", std::move(names));
  field.written = names_structure;
  return field;
}

Field<ModelConfig> of_structures(const Field<ModelConfig>& field) {
  return only_for<ModelConfig>(
      "--structure " + structures_that_use(field.info.name),
      [name = field.info.name](const ModelConfig& config) {
        return uses(structure_info(config.structure), name);
      },
      field);
}

Field<LeafConfig> of_mlps(const Field<LeafConfig>& field) {
  return only_for<LeafConfig>(
      kinds_of(false), [](const LeafConfig& config) { return !is_convolutional(config.network); },
      field);
}

Field<LeafConfig> of_convolutions(const Field<LeafConfig>& field) {
  return only_for<LeafConfig>(
      kinds_of(true), [](const LeafConfig& config) { return is_convolutional(config.network); },
      field);
}

Field<LeafConfig> network_field() {
  return choice_field("network", &LeafConfig::network,
                      "of encoders and decoders, in place of what the model says",
                      network_choices());
}

// What came later: files say it only where it is used.
FieldList<LeafConfig> prior_fields() {
  FieldList<LeafConfig> list = {
      number_field("experts", &LeafConfig::experts,
                   "encoders and decoders of a leaf region, divided among its leaves; 0: one for "
                   "each leaf",
                   0, kMaxNodes),
      choice_field(
          "priors", &LeafConfig::priors,
          "of the leaves' codes: standard normal, or a Gaussian of each leaf that is learned",
          {"standard", "learned"}),
      only_for<LeafConfig>(
          "--priors learned",
          [](const LeafConfig& config) { return config.priors == Priors::kLearned; },
          number_field("prior-scale", &LeafConfig::prior_scale,
                       "standard deviation of learned priors before training", 0.05, 10)),
  };
  list[0].written = [](const LeafConfig& config) { return config.experts != 0; };
  list[1].written = list[2].written = list[2].used;
  return list;
}

Field<ModelConfig> channels_field() {
  Field<ModelConfig> field = number_field("channels", &ModelConfig::channels,
                                          "of a pixel: 1 is gray; 3 are red, green and blue", 1, 3);
  field.set = [set = field.set](ModelConfig& config, const Json& value) {
    set(config, value);
    if (config.channels == 2) fail(ErrorKind::kUsage, "channels: got 2, expected 1 or 3");
  };
  return field;
}

/// Files say it only where colours are mixed.
Field<ModelConfig> colour_space_field() {
  Field<ModelConfig> field =
      choice_field("colour-space", &ModelConfig::colour_space,
                   "what a model sees of a pixel's three channels", {"rgb", "ycocg"});
  field.written = [](const ModelConfig& config) {
    return config.colour_space != ColourSpace::kRgb;
  };
  return field;
}

Field<ModelConfig> network_choice() {
  Field<ModelConfig> field =
      fields_of(&ModelConfig::leaf, FieldList<LeafConfig>{network_field()})[0];
  field.written = names_network;
  return field;
}

/// The same of one that came later: files say it only where it is used.
Field<ModelConfig> of_later_structures(const Field<ModelConfig>& field) {
  Field<ModelConfig> later = of_structures(field);
  later.written = later.used;
  return later;
}

Field<ModelConfig> graph_field() {
  return of_later_structures(optional_text_field(
      "graph", &ModelConfig::graph_file,
      "FILE.json of a region graph, as cirkit writes it; the structure is then file"));
}

FieldList<ModelConfig> all_but_size() {
  FieldList<ModelConfig> list = {
      kind_field(),
      structure_field(),
      network_choice(),
      of_structures(number_field("delta", &ModelConfig::delta,
                                 "side of a super-pixel, pixels; 0 is a quarter of the longer side",
                                 0, kMaxSide)),
      of_later_structures(number_field("leaf-variables", &ModelConfig::leaf_variables,
                                       "most values of a leaf region", 1, kMaxSide * kMaxSide)),
      of_later_structures(number_field("repetitions", &ModelConfig::repetitions,
                                       "random divisions of the image", 1, kMaxRepetitions)),
      of_later_structures(number_field("structure-seed", &ModelConfig::structure_seed,
                                       "seed of the random divisions", 0,
                                       std::numeric_limits<std::uint32_t>::max())),
      of_structures(number_field(
          "k-sum", &ModelConfig::k_sum,
          "sums of an internal region, or of each side of its partitions where products are "
          "element-wise",
          1, kMaxNodes)),
      of_structures(
          number_field("k-leaf", &ModelConfig::k_leaf, "leaves of a leaf region", 1, kMaxNodes)),
      of_structures(
          choice_field("product", &ModelConfig::product,
                       "what a partition multiplies: all pairs of its sides' nodes, or those of "
                       "equal number",
                       {"cross", "elementwise"})),
      of_structures(number_field("sum-scale", &ModelConfig::sum_scale,
                                 "standard deviation of the sums' initial logits", 0, 100)),
  };
  for (auto& field : fields_of(&ModelConfig::leaf, leaf_fields())) list.push_back(field);
  return list;
}

FieldList<ModelConfig> all() {
  FieldList<ModelConfig> list = all_but_size();
  list.push_back(
      number_field("height", &ModelConfig::height, "height of an image, pixels", 1, kMaxSide));
  list.push_back(
      number_field("width", &ModelConfig::width, "width of an image, pixels", 1, kMaxSide));
  list.push_back(channels_field());
  list.push_back(colour_space_field());
  return list;
}

}  // namespace

const FieldList<LeafConfig>& leaf_fields() {
  static const FieldList<LeafConfig> list = [] {
    FieldList<LeafConfig> fields = {
        of_mlps(number_field("hidden", &LeafConfig::hidden, "units of each hidden layer", 1,
                             kMaxUnits)),
        of_mlps(number_field("hidden-layers", &LeafConfig::hidden_layers,
                             "hidden layers of each network; 0 is one affine map", 0, 15)),
        of_convolutions(pair_field(
            "filters", &LeafConfig::filters,
            "channels of the encoder's two convolutions; the decoder has them in reverse", 1,
            kMaxUnits)),
        of_convolutions(number_field("stride", &LeafConfig::stride,
                                     "step of each convolution, in rows and in columns", 1, 64)),
        of_convolutions(number_field("dense", &LeafConfig::dense,
                                     "units of the encoder's dense layer", 1, kMaxUnits)),
        number_field("latent", &LeafConfig::latent, "dimensions of a leaf's latent code", 1,
                     kMaxUnits),
    };
    for (auto& field : fields_of(&LeafConfig::likelihood, likelihood_fields())) {
      fields.push_back(field);
    }
    for (auto& field : prior_fields()) fields.push_back(field);
    return fields;
  }();
  return list;
}

const FieldList<ModelConfig>& model_choice_fields() {
  static const FieldList<ModelConfig> list = [] {
    FieldList<ModelConfig> fields = all_but_size();
    fields.insert(fields.begin() + 2, graph_field());
    return fields;
  }();
  return list;
}

const FieldList<ModelConfig>& model_fields() {
  static const FieldList<ModelConfig> list = all();
  return list;
}

}  // namespace spvae
