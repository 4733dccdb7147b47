#include "spvae/leaves/networks.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <limits>
#include <string_view>

#include "spvae/likelihood/likelihood.h"

namespace spvae {
namespace {

struct NetworkKind {
  std::string_view name;
  bool is_convolutional;
  std::int64_t (*largest_layer)(const LeafConfig& config, const Plane& pixels);
  LeafNetworks (*make)(const LeafConfig& config, const Plane& pixels);
};
const std::vector<NetworkKind>& network_table();

const NetworkKind& kind_of(Network network) {
  const auto row = static_cast<std::size_t>(network);
  assert(row < network_table().size());
  return network_table()[row];
}

std::vector<LikelihoodHead> heads_of(const LeafConfig& config) {
  return likelihood_info(config.likelihood.kind).heads(config.likelihood);
}

// Outputs of the largest head for each pixel.
std::int64_t largest_head(const LeafConfig& config) {
  std::int64_t largest = 1;
  for (const LikelihoodHead& head : heads_of(config)) {
    largest = std::max(largest, std::int64_t{head.outputs});
  }
  return largest;
}

NetworkStack mlp(const LeafConfig& config, int inputs, int outputs) {
  NetworkStack stack;
  Plane in{1, 1, inputs};
  for (int layer = 0; layer <= config.hidden_layers; ++layer) {
    stack.push_back(dense_layer(in, layer == config.hidden_layers ? outputs : config.hidden));
    in = stack.back().out;
  }
  return stack;
}

std::int64_t places(const Plane& plane) { return std::int64_t{plane.height} * plane.width; }

std::int64_t largest_mlp_layer(const LeafConfig& config, const Plane& pixels) {
  return std::max({places(pixels) * pixels.channels * largest_head(config),
                   std::int64_t{config.hidden}, std::int64_t{config.latent}});
}

// Of an MLP all layers but the last.
NetworkStack hidden_layers(const LeafConfig& config, int inputs) {
  NetworkStack stack = mlp(config, inputs, config.hidden);
  stack.pop_back();
  return stack;
}

// TP19 Section 5: separate MLPs for everything.
LeafNetworks mlp_networks(const LeafConfig& config, const Plane& pixels) {
  LeafNetworks networks;
  networks.encoder_mean = mlp(config, pixels.features(), config.latent);
  networks.encoder_precision = networks.encoder_mean;
  for (const LikelihoodHead& head : heads_of(config)) {
    networks.decoders.push_back(mlp(config, config.latent, pixels.features() * head.outputs));
  }
  return networks;
}

// One MLP for all heads of the encoder, one for those of the decoder.
LeafNetworks joint_networks(const LeafConfig& config, const Plane& pixels) {
  LeafNetworks networks;
  networks.encoder_trunk = hidden_layers(config, pixels.features());
  networks.decoder_trunk = hidden_layers(config, config.latent);
  const auto below = [](const NetworkStack& trunk, int inputs) {
    return trunk.empty() ? Plane{1, 1, inputs} : trunk.back().out;
  };
  const Plane code = below(networks.decoder_trunk, config.latent);
  networks.encoder_mean = {
      dense_layer(below(networks.encoder_trunk, pixels.features()), config.latent)};
  networks.encoder_precision = networks.encoder_mean;
  for (const LikelihoodHead& head : heads_of(config)) {
    networks.decoders.push_back({dense_layer(code, pixels.features() * head.outputs)});
  }
  return networks;
}

// The same with one network for all leaf regions, but for the layers next to the code: the last one
// of encoders, the first one of decoders. They tell the regions apart.
LeafNetworks shared_networks(const LeafConfig& config, const Plane& pixels) {
  LeafNetworks networks = joint_networks(config, pixels);
  for (NetworkStack* trunk : {&networks.encoder_trunk, &networks.decoder_trunk}) {
    for (LayerStack& layer : *trunk) layer.sharing = Sharing::kOfAll;
  }
  if (networks.encoder_trunk.empty()) return networks;
  // Pixels of regions are as many as those of their group.
  networks.encoder_trunk.front().sharing = Sharing::kOfGroup;
  networks.decoder_trunk.front().sharing = Sharing::kNone;
  for (NetworkStack& decoder : networks.decoders) decoder.front().sharing = Sharing::kOfGroup;
  return networks;
}

std::int64_t largest_conv_layer(const LeafConfig& config, const Plane& pixels) {
  const Plane fine = convolution_layer(pixels, config.filters.first, config.stride).out;
  const Plane coarse = convolution_layer(fine, config.filters.second, config.stride).out;
  return std::max({places(pixels) * pixels.channels * largest_head(config),
                   places(fine) * fine.channels, places(coarse) * coarse.channels,
                   std::int64_t{config.dense}, std::int64_t{config.latent}});
}

// Two convolutions and a dense layer below both heads; on the way back a dense layer and a
// transposed convolution below a transposed convolution for each head.
LeafNetworks conv_networks(const LeafConfig& config, const Plane& pixels) {
  const auto [first, second] = config.filters;
  LeafNetworks networks;
  const LayerStack fine = convolution_layer(pixels, first, config.stride);
  const LayerStack coarse = convolution_layer(fine.out, second, config.stride);
  const LayerStack flat = dense_layer(coarse.out, config.dense);
  networks.encoder_trunk = {fine, coarse, flat};
  networks.encoder_mean = {dense_layer(flat.out, config.latent)};
  networks.encoder_precision = networks.encoder_mean;

  LayerStack seed = dense_layer({1, 1, config.latent}, coarse.out.features());
  seed.out = coarse.out;
  networks.decoder_trunk = {seed,
                            transposed_convolution_layer(coarse.out, fine.out, config.stride)};
  for (const LikelihoodHead& head : heads_of(config)) {
    const Plane out{pixels.height, pixels.width, pixels.channels * head.outputs};
    networks.decoders.push_back({transposed_convolution_layer(fine.out, out, config.stride)});
  }
  return networks;
}

}  // namespace

std::vector<NetworkStack*> LeafNetworks::all() {
  std::vector<NetworkStack*> result = {&encoder_trunk, &encoder_mean, &encoder_precision,
                                       &decoder_trunk};
  for (NetworkStack& decoder : decoders) result.push_back(&decoder);
  return result;
}

std::vector<const NetworkStack*> LeafNetworks::all() const {
  std::vector<const NetworkStack*> result = {&encoder_trunk, &encoder_mean, &encoder_precision,
                                             &decoder_trunk};
  for (const NetworkStack& decoder : decoders) result.push_back(&decoder);
  return result;
}

std::size_t LeafNetworks::encoder_layers() const {
  return encoder_trunk.size() + encoder_mean.size() + encoder_precision.size();
}

std::int64_t largest_layer(const LeafConfig& config, const Plane& pixels) {
  return kind_of(config.network).largest_layer(config, pixels);
}

LeafNetworks leaf_networks(const LeafConfig& config, const Plane& pixels) {
  assert(config.hidden >= 1 && config.hidden_layers >= 0 && config.latent >= 1);
  assert(config.filters.first >= 1 && config.filters.second >= 1 && config.dense >= 1);
  assert(config.stride >= 1);
  assert(largest_layer(config, pixels) < std::numeric_limits<int>::max());
  return kind_of(config.network).make(config, pixels);
}

bool is_convolutional(Network network) { return kind_of(network).is_convolutional; }

std::vector<std::string> network_choices() {
  std::vector<std::string> names;
  for (const NetworkKind& kind : network_table()) names.emplace_back(kind.name);
  return names;
}

namespace {

// All networks, in the order of the enumeration.
const std::vector<NetworkKind>& network_table() {
  static const std::vector<NetworkKind> table = {
      {"mlp", false, largest_mlp_layer, mlp_networks},
      {"conv", true, largest_conv_layer, conv_networks},
      {"joint-mlp", false, largest_mlp_layer, joint_networks},
      {"shared-mlp", false, largest_mlp_layer, shared_networks},
  };
  return table;
}

}  // namespace

}  // namespace spvae
