#include "spvae/reference/network_reference.h"

#include <cmath>
#include <cstddef>

#include "spvae/core/index.h"
#include "spvae/core/sigmoid.h"

namespace spvae {
namespace {

using Vector = std::vector<double>;

// One leaf's slice [inputs + 1, outputs] of a layer's tensor.
template <class T>
std::span<T> leaf_slice(const LayerStack& layer, int slot, std::span<T> buffer) {
  return buffer.subspan(layer.at(slot), layer.size());
}

// Calls visit(input feature, tensor row, first output feature) for everything that is multiplied:
// the outputs of a place are consecutive, and each has its column of the row.
template <class Visit>
void for_each_connection(const LayerStack& layer, const Visit& visit) {
  if (layer.kind == LayerKind::kDense) {
    for (int i = 0; i < layer.inputs; ++i) visit(index(i), index(i), std::size_t{0});
    return;
  }
  const bool plain = layer.kind == LayerKind::kConvolution;
  const Plane& wide = plain ? layer.in : layer.out;
  const Plane& narrow = plain ? layer.out : layer.in;
  for (int row = 0; row < narrow.height; ++row) {
    for (int column = 0; column < narrow.width; ++column) {
      for (int kernel = 0; kernel < kKernelSide * kKernelSide; ++kernel) {
        const int y = layer.stride * row + kernel / kKernelSide - layer.padding.rows_before;
        const int x = layer.stride * column + kernel % kKernelSide - layer.padding.columns_before;
        if (y < 0 || y >= wide.height || x < 0 || x >= wide.width) continue;
        const int wide_place = y * wide.width + x;
        const int narrow_place = row * narrow.width + column;
        const int in_place = plain ? wide_place : narrow_place;
        const int out_place = plain ? narrow_place : wide_place;
        for (int channel = 0; channel < layer.in.channels; ++channel) {
          visit(index(in_place * layer.in.channels + channel),
                index(kernel * layer.in.channels + channel), index(out_place * layer.out.channels));
        }
      }
    }
  }
}

Vector layer_forward(const LayerStack& layer, std::span<const double> weights, const Vector& in) {
  const std::size_t outputs = index(layer.outputs);
  Vector out(index(layer.out.features()));
  for (std::size_t o = 0; o < out.size(); ++o) {
    out[o] = weights[index(layer.inputs) * outputs + o % outputs];
  }
  for_each_connection(layer, [&](std::size_t i, std::size_t row, std::size_t first) {
    for (std::size_t o = 0; o < outputs; ++o) {
      out[first + o] += in[i] * weights[row * outputs + o];
    }
  });
  return out;
}

// Adds to grad_weights; returns the gradient of the input.
Vector layer_backward(const LayerStack& layer, std::span<const double> weights, const Vector& in,
                      const Vector& grad_out, std::span<double> grad_weights) {
  const std::size_t outputs = index(layer.outputs);
  for (std::size_t o = 0; o < grad_out.size(); ++o) {
    grad_weights[index(layer.inputs) * outputs + o % outputs] += grad_out[o];
  }
  Vector grad_in(in.size());
  for_each_connection(layer, [&](std::size_t i, std::size_t row, std::size_t first) {
    for (std::size_t o = 0; o < outputs; ++o) {
      grad_weights[row * outputs + o] += grad_out[first + o] * in[i];
      grad_in[i] += grad_out[first + o] * weights[row * outputs + o];
    }
  });
  return grad_in;
}

bool has_softplus(const NetworkStack& network, LastLayer last, std::size_t layer) {
  return layer + 1 < network.size() || last == LastLayer::kSoftplus;
}

}  // namespace

NetworkTrace network_forward(const NetworkStack& network, LastLayer last, int slot,
                             std::span<const double> parameters, std::span<const double> input) {
  NetworkTrace trace = {Vector(input.begin(), input.end())};
  for (std::size_t i = 0; i < network.size(); ++i) {
    Vector out = layer_forward(network[i], leaf_slice(network[i], slot, parameters), trace[i]);
    if (has_softplus(network, last, i)) {
      for (double& value : out) value = softplus(value);
    }
    trace.push_back(std::move(out));
  }
  return trace;
}

Vector network_backward(const NetworkStack& network, LastLayer last, int slot,
                        std::span<const double> parameters, const NetworkTrace& trace,
                        Vector grad_output, std::span<double> grad) {
  for (std::size_t i = network.size(); i-- > 0;) {
    if (has_softplus(network, last, i)) {
      // softplus' = σ(a) = 1 − e^(−s) in terms of the output s = softplus(a).
      for (std::size_t o = 0; o < grad_output.size(); ++o) {
        grad_output[o] *= -std::expm1(-trace[i + 1][o]);
      }
    }
    grad_output = layer_backward(network[i], leaf_slice(network[i], slot, parameters), trace[i],
                                 grad_output, leaf_slice(network[i], slot, grad));
  }
  return grad_output;
}

}  // namespace spvae
