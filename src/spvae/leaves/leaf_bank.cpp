#include "spvae/leaves/leaf_bank.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cmath>
#include <map>
#include <utility>

#include "spvae/core/pixel_rectangle.h"
#include "spvae/leaves/priors.h"

namespace spvae {

namespace {

// Gives every layer of a network of a group its tensor; `known` are shared ones by name.
void add_tensors(ParameterLayout& layout, std::size_t group, const std::string& name,
                 std::size_t experts, std::map<std::string, std::size_t>& known,
                 NetworkStack& network) {
  for (std::size_t i = 0; i < network.size(); ++i) {
    LayerStack& layer = network[i];
    const bool is_of_all = layer.sharing == Sharing::kOfAll;
    const std::string tensor =
        fmt::format("leaves.{}.{}.{}", is_of_all ? "shared" : std::to_string(group), name, i);
    if (is_of_all && known.contains(tensor)) {
      layer.offset = known[tensor];
      continue;
    }
    layer.offset = layout.add(
        tensor, {layer.is_shared() ? 1 : experts, static_cast<std::size_t>(layer.inputs) + 1,
                 static_cast<std::size_t>(layer.outputs)});
    if (is_of_all) known[tensor] = layer.offset;
  }
}

const char* const kPriors = "leaves.priors";

// In the order of LeafNetworks::all().
std::vector<std::string> network_names(const LikelihoodConfig& likelihood) {
  std::vector<std::string> names = {"encoder_trunk", "encoder_mean", "encoder_precision",
                                    "decoder_trunk"};
  for (const LikelihoodHead& head : likelihood_info(likelihood.kind).heads(likelihood)) {
    names.push_back("decoder_" + std::string(head.name));
  }
  return names;
}

// Of all experts of a group; what is shared counts once, with the first one.
std::size_t parameters_of(const NetworkStack& network, const LeafGroup& group, bool is_first) {
  std::size_t count = 0;
  for (const LayerStack& layer : network) {
    if (layer.sharing == Sharing::kOfAll && !is_first) continue;
    count += (layer.is_shared() ? 1 : group.experts.size()) * layer.size();
  }
  return count;
}

// Rows of a rectangle of pixels.
int height_of(const std::vector<int>& scope, const Plane& image) {
  const PixelRectangle rectangle = bounding_rectangle(scope, image.width, image.channels);
  assert(static_cast<std::size_t>(rectangle.height) * static_cast<std::size_t>(rectangle.width) *
             static_cast<std::size_t>(image.channels) ==
         scope.size());
  return rectangle.height;
}

// Standard deviation of a standard normal variable that is truncated to [−2, 2].
constexpr double kTruncatedDeviation = 0.87962566103423978;

// The double results of two C libraries' log and cos may differ in their last bit. Such a
// difference reaches the float only where the double lies on a rounding boundary to within that
// bit, once in about 2^29 numbers.
void draw_dense(const LayerStack& layer, RandomAddress address, float* weights) {
  const double deviation = std::sqrt(2.0 / layer.inputs) / kTruncatedDeviation;
  std::uint32_t dimension = 0;
  for (int output = 0; output < layer.outputs; ++output) {
    double normal = random_normal(address, dimension++);
    while (std::abs(normal) > 2) normal = random_normal(address, dimension++);
    *weights++ = static_cast<float>(normal * deviation);
  }
}

void draw_convolution(const LayerStack& layer, const RandomAddress& address, float* weights) {
  const int places = kKernelSide * kKernelSide;
  const double bound = std::sqrt(6.0 / (places * (layer.in.channels + layer.out.channels)));
  for (int output = 0; output < layer.outputs; ++output) {
    const double uniform = random_uniform(address, static_cast<std::uint32_t>(output));
    *weights++ = static_cast<float>((2 * uniform - 1) * bound);
  }
}

void draw_weights(const LayerStack& layer, RandomAddress address, float* weights) {
  for (int input = 0; input < layer.inputs; ++input) {
    address.image = static_cast<std::uint32_t>(input);
    if (layer.kind == LayerKind::kDense) {
      draw_dense(layer, address, weights);
    } else {
      draw_convolution(layer, address, weights);
    }
    weights += layer.outputs;
  }
  std::fill_n(weights, layer.outputs, 0.0F);
}

}  // namespace

LeafBank::LeafBank(const RegionGraph& graph, const Plane& image, int k_leaf,
                   const LeafConfig& config, ParameterLayout& layout)
    : config_(config),
      k_leaf_(k_leaf),
      parameters_begin_(layout.size()),
      parameters_end_(0),
      leaves_of_expert_(config.experts == 0 ? 1 : k_leaf / config.experts) {
  assert(k_leaf >= 1 && k_leaf % leaves_of_expert_ == 0);
  assert(leaves_of_expert_ == 1 || config.priors == Priors::kLearned);
  const int experts = k_leaf / leaves_of_expert_;  // of a region

  // By variables, then height; networks that do not see shapes have one row of pixels.
  std::map<std::pair<int, int>, std::vector<int>> experts_by_shape;
  for (int region = 0; region < graph.leaf_regions(); ++region) {
    const std::vector<int>& scope = graph.regions()[static_cast<std::size_t>(region)].scope;
    scopes_.emplace_back(scope.begin(), scope.end());
    const int height = is_convolutional(config.network) ? height_of(scope, image) : 1;
    for (int i = 0; i < experts; ++i) {
      experts_by_shape[{static_cast<int>(scope.size()), height}].push_back(region * experts + i);
    }
  }

  group_of_.resize(scopes_.size() * static_cast<std::size_t>(experts));
  slot_of_.resize(group_of_.size());
  const std::vector<std::string> names = network_names(config.likelihood);
  std::map<std::string, std::size_t> known;
  for (const auto& [shape, of_shape] : experts_by_shape) {
    const auto [variables, height] = shape;
    const Plane pixels = is_convolutional(config.network)
                             ? Plane{height, variables / image.channels / height, image.channels}
                             : Plane{1, variables, 1};  // perhaps not all channels of a pixel
    LeafGroup group{variables, of_shape, leaf_networks(config, pixels)};
    for (std::size_t slot = 0; slot < of_shape.size(); ++slot) {
      const auto expert = static_cast<std::size_t>(of_shape[slot]);
      group_of_[expert] = static_cast<int>(groups_.size());
      slot_of_[expert] = static_cast<int>(slot);
    }
    const std::vector<NetworkStack*> networks = group.networks.all();
    for (std::size_t i = 0; i < networks.size(); ++i) {
      add_tensors(layout, groups_.size(), names[i], of_shape.size(), known, *networks[i]);
    }
    groups_.push_back(std::move(group));
  }
  priors_begin_ = layout.size();
  if (config.priors == Priors::kLearned) {
    layout.add(kPriors,
               {static_cast<std::size_t>(leaves()), 2, static_cast<std::size_t>(config.latent)});
  }
  likelihood_begin_ = layout.size();
  if (const SharedParameters* shared = likelihood_info(config.likelihood.kind).shared) {
    layout.add("leaves.likelihood", {shared->initial().size()});
  }
  parameters_end_ = layout.size();
}

void LeafBank::initialise_priors(RandomAddress address, std::span<float> parameters) const {
  const auto scale = static_cast<float>(prior_parameter(config_.prior_scale));
  address.image = 0;
  for (int leaf = 0; leaf < leaves(); ++leaf) {
    address.leaf = static_cast<std::uint32_t>(leaf);
    const std::span<float> prior = prior_part(parameters, leaf);
    const std::size_t latent = prior.size() / 2;
    for (std::size_t d = 0; d < latent; ++d) {
      prior[d] = static_cast<float>(random_normal(address, static_cast<std::uint32_t>(d)));
      prior[latent + d] = scale;
    }
  }
}

std::span<const std::int32_t> LeafBank::scope(int leaf) const {
  return scopes_[static_cast<std::size_t>(leaf / k_leaf_)];
}

std::vector<WeightMatrix> LeafBank::weight_matrices() const {
  std::map<std::size_t, WeightMatrix> by_offset;  // what groups share comes once
  for (const LeafGroup& group : groups_) {
    for (const NetworkStack* network : group.networks.all()) {
      for (const LayerStack& layer : *network) {
        for (int slot = 0; slot < static_cast<int>(group.experts.size()); ++slot) {
          by_offset[layer.at(slot)] = {layer.at(slot), layer.inputs, layer.outputs};
        }
      }
    }
  }
  std::vector<WeightMatrix> matrices;
  matrices.reserve(by_offset.size());
  for (const auto& [offset, matrix] : by_offset) matrices.push_back(matrix);
  return matrices;
}

std::size_t LeafBank::encoder_parameters() const {
  std::size_t count = 0;
  for (const LeafGroup& group : groups_) {
    const LeafNetworks& networks = group.networks;
    for (const NetworkStack* network :
         {&networks.encoder_trunk, &networks.encoder_mean, &networks.encoder_precision}) {
      count += parameters_of(*network, group, &group == groups_.data());
    }
  }
  return count;
}

void LeafBank::initialise(std::uint32_t seed, std::span<float> parameters) const {
  assert(parameters.size() >= parameters_end_);
  RandomAddress address{.seed = seed, .purpose = Purpose::kParameters};
  for (const LeafGroup& group : groups_) {
    for (const NetworkStack* network : group.networks.all()) {
      for (const LayerStack& layer : *network) {
        if (layer.sharing == Sharing::kOfAll && &group != groups_.data()) continue;
        const std::size_t slices = layer.is_shared() ? 1 : group.experts.size();
        for (std::size_t slot = 0; slot < slices; ++slot) {
          address.leaf = layer.is_shared() ? 0 : static_cast<std::uint32_t>(group.experts[slot]);
          draw_weights(layer, address, parameters.data() + layer.at(static_cast<int>(slot)));
        }
        ++address.sample;
      }
    }
  }
  if (config_.priors == Priors::kLearned) initialise_priors(address, parameters);
  if (const SharedParameters* shared = likelihood_info(config_.likelihood.kind).shared) {
    std::ranges::transform(shared->initial(), likelihood_part(parameters).begin(),
                           [](double value) { return static_cast<float>(value); });
  }
}

}  // namespace spvae
