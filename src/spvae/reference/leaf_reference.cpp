#include "spvae/reference/leaf_reference.h"

#include <cassert>
#include <cmath>

#include "spvae/reference/likelihood_reference.h"

namespace spvae {

namespace {

using Vector = std::vector<double>;

// One leaf's tensor [inputs + 1, outputs] of a stack.
template <class T>
std::span<T> leaf_tensor(const AffineStack& affine, int slot, std::span<T> buffer) {
  return buffer.subspan(affine.offset + static_cast<std::size_t>(slot) * affine.stride(),
                        affine.stride());
}

// The input of a multilayer perceptron, then the output of each layer.
using MlpTrace = std::vector<Vector>;

MlpTrace mlp_forward(const MlpStack& stack, int slot, std::span<const double> parameters,
                     std::span<const double> input) {
  MlpTrace trace = {Vector(input.begin(), input.end())};
  for (std::size_t layer = 0; layer < stack.size(); ++layer) {
    const auto inputs = static_cast<std::size_t>(stack[layer].inputs);
    const auto outputs = static_cast<std::size_t>(stack[layer].outputs);
    const auto weights = leaf_tensor(stack[layer], slot, parameters);
    const bool last = layer + 1 == stack.size();
    Vector result(outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
      double sum = weights[inputs * outputs + o];
      for (std::size_t i = 0; i < inputs; ++i) sum += trace[layer][i] * weights[i * outputs + o];
      result[o] = last ? sum : softplus(sum);
    }
    trace.push_back(std::move(result));
  }
  return trace;
}

// Adds the gradient of the weights to grad; returns the gradient of the input.
Vector mlp_backward(const MlpStack& stack, int slot, std::span<const double> parameters,
                    const MlpTrace& trace, Vector grad_output, std::span<double> grad) {
  for (std::size_t layer = stack.size(); layer-- > 0;) {
    const auto inputs = static_cast<std::size_t>(stack[layer].inputs);
    const auto outputs = static_cast<std::size_t>(stack[layer].outputs);
    const auto weights = leaf_tensor(stack[layer], slot, parameters);
    const auto grad_weights = leaf_tensor(stack[layer], slot, grad);
    if (layer + 1 < stack.size()) {
      // softplus' = σ(a) = 1 − e^(−s) in terms of the output s = softplus(a).
      for (std::size_t o = 0; o < outputs; ++o) grad_output[o] *= -std::expm1(-trace[layer + 1][o]);
    }
    Vector grad_input(inputs);
    for (std::size_t o = 0; o < outputs; ++o) {
      for (std::size_t i = 0; i < inputs; ++i) {
        grad_weights[i * outputs + o] += grad_output[o] * trace[layer][i];
        grad_input[i] += grad_output[o] * weights[i * outputs + o];
      }
      grad_weights[inputs * outputs + o] += grad_output[o];
    }
    grad_output = std::move(grad_input);
  }
  return grad_output;
}

const LeafGroup& group_of(const LeafBank& bank, int leaf) {
  return bank.groups()[static_cast<std::size_t>(bank.group_of(leaf))];
}

// All activations of one row.
struct LeafTrace {
  MlpTrace mean;
  MlpTrace precision;
  Vector z;
  std::vector<MlpTrace> decoders;
};

LeafTrace leaf_forward(const LeafBank& bank, int leaf, std::span<const double> parameters,
                       std::span<const double> pixels, std::span<const double> noise) {
  const LeafGroup& group = group_of(bank, leaf);
  const int slot = bank.slot_of(leaf);
  assert(pixels.size() == static_cast<std::size_t>(group.pixels));
  assert(noise.size() == static_cast<std::size_t>(bank.config().latent));

  LeafTrace trace;
  trace.mean = mlp_forward(group.encoder_mean, slot, parameters, pixels);
  trace.precision = mlp_forward(group.encoder_precision, slot, parameters, pixels);
  trace.z = latent_code({trace.mean.back(), trace.precision.back()}, noise);
  for (const MlpStack& decoder : group.decoders) {
    trace.decoders.push_back(mlp_forward(decoder, slot, parameters, trace.z));
  }
  return trace;
}

PixelLogLikelihood pixel_of(const LeafBank& bank, const LeafTrace& trace,
                            std::span<const double> pixels, std::size_t pixel) {
  double heads[2];
  for (std::size_t h = 0; h < trace.decoders.size(); ++h) {
    heads[h] = trace.decoders[h].back()[pixel];
  }
  return pixel_log_likelihood(bank.config(), pixels[pixel], {heads, trace.decoders.size()});
}

}  // namespace

LeafPosterior encode_leaf(const LeafBank& bank, int leaf, std::span<const double> parameters,
                          std::span<const double> pixels) {
  const LeafGroup& group = group_of(bank, leaf);
  const int slot = bank.slot_of(leaf);
  return {mlp_forward(group.encoder_mean, slot, parameters, pixels).back(),
          mlp_forward(group.encoder_precision, slot, parameters, pixels).back()};
}

std::vector<double> latent_code(const LeafPosterior& posterior, std::span<const double> noise) {
  Vector z(noise.size());
  for (std::size_t d = 0; d < z.size(); ++d) {
    z[d] = posterior.mean[d] + noise[d] / std::sqrt(1 + posterior.g[d] * posterior.g[d]);
  }
  return z;
}

std::vector<std::vector<double>> decode_leaf(const LeafBank& bank, int leaf,
                                             std::span<const double> parameters,
                                             std::span<const double> z) {
  std::vector<Vector> heads;
  for (const MlpStack& decoder : group_of(bank, leaf).decoders) {
    heads.push_back(mlp_forward(decoder, bank.slot_of(leaf), parameters, z).back());
  }
  return heads;
}

LogWeight leaf_log_weight(const LeafBank& bank, int leaf, std::span<const double> parameters,
                          std::span<const double> pixels, std::span<const double> noise) {
  const LeafTrace trace = leaf_forward(bank, leaf, parameters, pixels, noise);
  LogWeight result;
  for (std::size_t pixel = 0; pixel < pixels.size(); ++pixel) {
    const PixelLogLikelihood term = pixel_of(bank, trace, pixels, pixel);
    result.value += term.value;
    result.magnitude += term.magnitude;
  }
  // log p(z) − log q(z|x): the constants ½ log 2π cancel, and (z − mean)² (1 + g²) = ε².
  for (std::size_t d = 0; d < noise.size(); ++d) {
    const double g = trace.precision.back()[d];
    const double posterior = 0.5 * noise[d] * noise[d];
    const double prior = 0.5 * trace.z[d] * trace.z[d];
    const double log_precision = 0.5 * std::log1p(g * g);
    result.value += posterior - prior - log_precision;
    result.magnitude += posterior + prior + log_precision;
  }
  return result;
}

void leaf_backward(const LeafBank& bank, int leaf, std::span<const double> parameters,
                   std::span<const double> pixels, std::span<const double> noise,
                   double row_gradient, std::span<double> grad) {
  const LeafGroup& group = group_of(bank, leaf);
  const int slot = bank.slot_of(leaf);
  const LeafTrace trace = leaf_forward(bank, leaf, parameters, pixels, noise);

  std::vector<Vector> grad_heads(trace.decoders.size(), Vector(pixels.size()));
  for (std::size_t pixel = 0; pixel < pixels.size(); ++pixel) {
    const PixelLogLikelihood term = pixel_of(bank, trace, pixels, pixel);
    for (std::size_t h = 0; h < grad_heads.size(); ++h) {
      grad_heads[h][pixel] = row_gradient * term.grad_heads[h];
    }
  }

  Vector grad_z(noise.size());
  for (std::size_t h = 0; h < grad_heads.size(); ++h) {
    const Vector part = mlp_backward(group.decoders[h], slot, parameters, trace.decoders[h],
                                     std::move(grad_heads[h]), grad);
    for (std::size_t d = 0; d < grad_z.size(); ++d) grad_z[d] += part[d];
  }

  // log w depends on the posterior through z (mean + ε (1 + g²)^(−½)) and through −½ log(1 + g²).
  Vector grad_g(noise.size());
  for (std::size_t d = 0; d < grad_z.size(); ++d) {
    grad_z[d] -= row_gradient * trace.z[d];
    const double g = trace.precision.back()[d];
    const double precision = 1 + g * g;
    grad_g[d] = -grad_z[d] * noise[d] * g / (precision * std::sqrt(precision)) -
                row_gradient * g / precision;
  }
  mlp_backward(group.encoder_mean, slot, parameters, trace.mean, std::move(grad_z), grad);
  mlp_backward(group.encoder_precision, slot, parameters, trace.precision, std::move(grad_g), grad);
}

}  // namespace spvae
