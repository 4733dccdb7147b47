#pragma once

#include <span>
#include <vector>

#include "spvae/leaves/layer.h"

namespace spvae {

/// A network of one leaf in double, in plain loops. parameters and grad are the model's whole
/// buffers; slot is the leaf's place in the network's tensors.

enum class LastLayer { kLinear, kSoftplus };

/// The network's input, then the output of each layer after its activation.
using NetworkTrace = std::vector<std::vector<double>>;

/// Softplus after every layer; after the last one where asked.
NetworkTrace network_forward(const NetworkStack& network, LastLayer last, int slot,
                             std::span<const double> parameters, std::span<const double> input);

/// Adds the gradient of the weights to grad; returns that of the input. grad_output: with respect
/// to the network's output.
std::vector<double> network_backward(const NetworkStack& network, LastLayer last, int slot,
                                     std::span<const double> parameters, const NetworkTrace& trace,
                                     std::vector<double> grad_output, std::span<double> grad);

}  // namespace spvae
