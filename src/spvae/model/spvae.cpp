#include "spvae/model/spvae.h"

#include <fmt/ranges.h>

#include <cassert>

#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/core/pixel_rectangle.h"
#include "spvae/core/random.h"
#include "spvae/model/model_fields.h"
#include "spvae/model/model_kinds.h"
#include "spvae/structure/graph_file.h"
#include "spvae/structure/structures.h"

namespace spvae {

namespace {

const char* const kLogits = "circuit.logits";

// Setting a field checks it against its bounds.
ModelConfig checked(const ModelConfig& given) {
  ModelConfig config = given;
  for (const auto& field : model_fields()) field.set(config, field.get(given));
  return config;
}

// The mixed channels have 256 values each.
void check_colours(const ModelConfig& config) {
  if (config.colour_space == ColourSpace::kRgb) return;
  const LikelihoodInfo& likelihood = likelihood_info(config.leaf.likelihood.kind);
  if (config.channels != 3 || likelihood.values(config.leaf.likelihood) != 256) {
    fail(ErrorKind::kUsage,
         "colour ycocg: mixes three channels of 256 values, got {} of the likelihood {} ({}); "
         "choose --colour rgb, or --likelihood ordinal",
         config.channels, likelihood.name, likelihood.pixels);
  }
}

// Vectors have neither super-pixels nor rows of pixels.
void check_plane(const ModelConfig& config) {
  if (config.columns.are_none()) return;
  const StructureInfo& structure = structure_info(config.structure);
  assert(config.height == 1 && config.channels == 1 &&
         config.width == static_cast<int>(config.columns.names.size()));
  if (uses(structure, "delta")) {
    fail(ErrorKind::kUsage,
         "structure {}: divides a plane of pixels, but the data are vectors; choose random, "
         "single-region, or a graph of your own (--graph)",
         structure.name);
  }
  if (is_convolutional(config.leaf.network)) {
    fail(ErrorKind::kUsage,
         "model: convolutional networks see rows of pixels, but the data are vectors; choose "
         "--model spvae or vae");
  }
}

RegionGraph make_graph(const ModelConfig& config) {
  check_plane(config);
  check_colours(config);
  const StructureInfo& structure = structure_info(config.structure);
  const bool is_stored = names_structure(config);
  RegionGraph graph = is_stored && config.graph
                          ? *config.graph
                          : structure.make({.height = config.height,
                                            .width = config.width,
                                            .channels = config.channels,
                                            .delta = config.delta,
                                            .leaf_variables = config.leaf_variables,
                                            .repetitions = config.repetitions,
                                            .seed = config.structure_seed,
                                            .graph = config.graph});
  if (const int variables = config.height * config.width * config.channels;
      graph.variables() != variables) {
    fail(ErrorKind::kUsage, "graph: is of {} variables, but the data have {}; give one of theirs",
         graph.variables(), variables);
  }
  if (is_stored && graph.regions().size() > kMaxStoredRegions) {
    fail(ErrorKind::kUsage, "structure {}: got {} regions, expected at most {}; choose larger ones",
         structure.name, graph.regions().size(), kMaxStoredRegions);
  }
  if (structure.divides && graph.partitions().empty() && config.k_leaf > 1) {
    fail(ErrorKind::kUsage,
         "structure {}: it leaves a single region of {}, and no sum over k-leaf {}; choose smaller "
         "leaf regions ({}), k-leaf 1, or the structure single-region",
         structure.name,
         config.columns.are_none() ? fmt::format("{}×{} pixels", config.height, config.width)
                                   : fmt::format("{} columns", config.width),
         config.k_leaf, fmt::join(structure.fields, ", "));
  }
  return graph;
}

// Where networks see rows and columns, those of the region; otherwise its variables in one row.
Plane plane_of(const Region& region, const ModelConfig& config) {
  const auto variables = static_cast<int>(region.scope.size());
  if (!is_convolutional(config.leaf.network)) return {1, variables, 1};
  const PixelRectangle rectangle = bounding_rectangle(region.scope, config.width, config.channels);
  const Plane plane{rectangle.height, rectangle.width, config.channels};
  if (plane.features() != variables) {
    fail(ErrorKind::kUsage,
         "structure {}: a leaf region is no rectangle of pixels, expected one where networks are "
         "convolutional; choose the model spvae, or another structure",
         structure_info(config.structure).name);
  }
  return plane;
}

int leaves_of_region(const ModelConfig& config) {
  return structure_info(config.structure).divides ? config.k_leaf : 1;
}

void check_experts(const ModelConfig& config) {
  const int leaves = leaves_of_region(config);
  const int experts = config.leaf.experts;
  if (experts == 0) return;
  if (leaves % experts != 0) {
    fail(ErrorKind::kUsage,
         "experts: got {}, expected a number that divides the {} leaves of a region (k-leaf)",
         experts, leaves);
  }
  if (experts < leaves && config.leaf.priors == Priors::kStandard) {
    fail(
        ErrorKind::kUsage,
        "experts: got {} for {} leaves of a region, which with the priors standard would be copies "
        "of one another; add --priors learned, or choose {} experts",
        experts, leaves, leaves);
  }
}

// Before any layer is made, whose sizes are ints.
const LeafConfig& checked_leaf(const ModelConfig& config, const RegionGraph& graph) {
  for (int region = 0; region < graph.leaf_regions(); ++region) {
    const Plane leaf = plane_of(graph.regions()[index(region)], config);
    const std::int64_t units = largest_layer(config.leaf, leaf);
    if (units > kMaxLayerUnits) {
      fail(ErrorKind::kUsage,
           "model: a layer of {} units over {}×{} pixels, expected at most {}; choose fewer "
           "filters, a larger stride, or smaller images",
           units, leaf.height, leaf.width, kMaxLayerUnits);
    }
  }
  check_experts(config);
  return config.leaf;
}

}  // namespace

Spvae::Spvae(const ModelConfig& config)
    : config_(checked(config)),
      graph_(make_graph(config_)),
      circuit_(graph_, config_.k_sum, leaves_of_region(config_), config_.product),
      leaves_(graph_, {config_.height, config_.width, config_.channels}, leaves_of_region(config_),
              checked_leaf(config_, graph_), layout_) {
  if (circuit_.sum_weights() > 0) layout_.add(kLogits, {circuit_.sum_weights()});
  if (layout_.size() >= kMaxParameters) {
    fail(ErrorKind::kUsage,
         "model: {} parameters, expected fewer than {}; choose smaller networks (hidden and "
         "hidden-layers, or filters and dense), a smaller latent or k-leaf, or smaller images",
         layout_.size(), kMaxParameters);
  }
  parameters_.resize(layout_.size());
}

std::span<const float> Spvae::logits() const {
  return parameters().subspan(leaves_.parameters_end(), circuit_.sum_weights());
}

CodeGaussian Spvae::prior(int leaf) const {
  const auto part = leaves_.prior_part(parameters(), leaf);
  return leaf_prior(std::vector<double>(part.begin(), part.end()), config_.leaf.latent);
}

void Spvae::initialise(std::uint32_t seed) {
  leaves_.initialise(seed, parameters_);
  if (circuit_.sum_weights() == 0) return;
  const Tensor& logits = layout_.find(kLogits);
  const auto leaf_tensors = static_cast<std::uint32_t>(layout_.tensors().size() - 1);
  const RandomAddress address{
      .seed = seed, .purpose = Purpose::kParameters, .sample = leaf_tensors};
  for (std::size_t i = 0; i < logits.size; ++i) {
    parameters_[logits.offset + i] = static_cast<float>(
        config_.sum_scale * random_normal(address, static_cast<std::uint32_t>(i)));
  }
}

}  // namespace spvae
