#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "spvae/leaves/layer.h"
#include "spvae/leaves/leaf_config.h"

namespace spvae {

/// The networks of a leaf VAE. Softplus follows every layer but the last one of encoder_mean,
/// encoder_precision and of each decoder; a trunk has it after its last layer too. An empty trunk
/// hands its input on.
struct LeafNetworks {
  NetworkStack encoder_trunk;          ///< D → what the two heads read
  NetworkStack encoder_mean;           ///< → Z, posterior mean
  NetworkStack encoder_precision;      ///< → Z, g; posterior precision 1 + g²
  NetworkStack decoder_trunk;          ///< Z → what the decoders' heads read
  std::vector<NetworkStack> decoders;  ///< → D, one for each head of the likelihood

  /// All of them in the order of their tensors, as declared here. LeafBank names them.
  std::vector<NetworkStack*> all();
  std::vector<const NetworkStack*> all() const;
  /// Layers of the encoder's networks, the first ones of all().
  std::size_t encoder_layers() const;
};

/// Units of the largest layer of those networks, the pixels included; for any positive sizes.
std::int64_t largest_layer(const LeafConfig& config, const Plane& pixels);

/// The networks over a super-pixel of these pixels, without places in a buffer. No layer
/// may have more units than an int holds (assertion); Spvae checks the user's sizes.
LeafNetworks leaf_networks(const LeafConfig& config, const Plane& pixels);

/// Whether a network sees rows and columns, so that super-pixels of the same number of pixels but
/// another shape differ.
bool is_convolutional(Network network);

/// In the order of the enumeration.
std::vector<std::string> network_choices();

}  // namespace spvae
