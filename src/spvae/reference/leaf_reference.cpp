#include "spvae/reference/leaf_reference.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "spvae/core/index.h"
#include "spvae/reference/network_reference.h"

namespace spvae {

namespace {

using Vector = std::vector<double>;

const LeafGroup& group_of(const LeafBank& bank, int leaf) {
  return bank.groups()[static_cast<std::size_t>(bank.group_of(leaf))];
}

// All activations of one row.
struct LeafTrace {
  NetworkTrace encoder;
  NetworkTrace mean;
  NetworkTrace precision;
  Vector z;
  NetworkTrace decoder;
  std::vector<NetworkTrace> heads;
};

void encode(const LeafNetworks& networks, int slot, std::span<const double> parameters,
            std::span<const double> pixels, LeafTrace& trace) {
  const auto head = [&](const NetworkStack& network) {
    return network_forward(network, LastLayer::kLinear, slot, parameters, trace.encoder.back());
  };
  trace.encoder =
      network_forward(networks.encoder_trunk, LastLayer::kSoftplus, slot, parameters, pixels);
  trace.mean = head(networks.encoder_mean);
  trace.precision = head(networks.encoder_precision);
}

void decode(const LeafNetworks& networks, int slot, std::span<const double> parameters,
            LeafTrace& trace) {
  trace.decoder =
      network_forward(networks.decoder_trunk, LastLayer::kSoftplus, slot, parameters, trace.z);
  for (const NetworkStack& decoder : networks.decoders) {
    trace.heads.push_back(
        network_forward(decoder, LastLayer::kLinear, slot, parameters, trace.decoder.back()));
  }
}

LeafTrace leaf_forward(const LeafBank& bank, int leaf, std::span<const double> parameters,
                       std::span<const double> pixels, std::span<const double> noise,
                       bool from_prior = false) {
  const LeafGroup& group = group_of(bank, leaf);
  assert(pixels.size() == static_cast<std::size_t>(group.variables));
  assert(noise.size() == static_cast<std::size_t>(bank.config().latent));
  LeafTrace trace;
  encode(group.networks, bank.slot_of(leaf), parameters, pixels, trace);
  trace.z = from_prior ? Vector(noise.begin(), noise.end())
                       : latent_code({trace.mean.back(), trace.precision.back()}, noise);
  decode(group.networks, bank.slot_of(leaf), parameters, trace);
  return trace;
}

DecodedLeaf decoded(const LeafBank& bank, std::span<const double> parameters,
                    const LeafTrace& trace) {
  DecodedLeaf result{bank.config().likelihood,
                     likelihood_table(bank.config().likelihood, bank.likelihood_part(parameters)),
                     {}};
  std::size_t pixels = 0;
  const auto heads = likelihood_info(result.config.kind).heads(result.config);
  for (std::size_t h = 0; h < heads.size(); ++h) {
    const Vector& outputs = trace.heads[h].back();
    const std::size_t each = index(heads[h].outputs);
    pixels = outputs.size() / each;
    result.pixels.resize(pixels);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      result.pixels[i / each].push_back(outputs[i]);
    }
  }
  return result;
}

}  // namespace

LeafPosterior encode_leaf(const LeafBank& bank, int leaf, std::span<const double> parameters,
                          std::span<const double> pixels) {
  LeafTrace trace;
  encode(group_of(bank, leaf).networks, bank.slot_of(leaf), parameters, pixels, trace);
  return {trace.mean.back(), trace.precision.back()};
}

std::vector<double> latent_code(const LeafPosterior& posterior, std::span<const double> noise) {
  Vector z(noise.size());
  for (std::size_t d = 0; d < z.size(); ++d) {
    z[d] = posterior.mean[d] + noise[d] / std::sqrt(1 + posterior.g[d] * posterior.g[d]);
  }
  return z;
}

DecodedLeaf decode_leaf(const LeafBank& bank, int leaf, std::span<const double> parameters,
                        std::span<const double> z) {
  LeafTrace trace;
  trace.z.assign(z.begin(), z.end());
  decode(group_of(bank, leaf).networks, bank.slot_of(leaf), parameters, trace);
  return decoded(bank, parameters, trace);
}

LogWeight leaf_log_weight(const LeafBank& bank, int leaf, std::span<const double> parameters,
                          std::span<const double> pixels, std::span<const double> noise,
                          const RowObservation& observation) {
  const std::vector<bool>& observed = observation.pixels;
  LogWeight result;
  if (!observed.empty() && std::ranges::find(observed, true) == observed.end()) return result;
  const LeafTrace trace =
      leaf_forward(bank, leaf, parameters, pixels, noise, observation.from_prior);
  const DecodedLeaf leaf_pixels = decoded(bank, parameters, trace);
  for (std::size_t pixel = 0; pixel < pixels.size(); ++pixel) {
    if (!observed.empty() && !observed[pixel]) continue;
    const PixelLogLikelihood term = pixel_log_likelihood(leaf_pixels.pixel(pixel), pixels[pixel]);
    result.value += term.value;
    result.magnitude += term.magnitude;
  }
  // log p(z) − log q(z|x): the constants ½ log 2π cancel, and (z − mean)² (1 + g²) = ε² of q.
  double ratio = 0;
  for (std::size_t d = 0; d < noise.size(); ++d) {
    const double g = trace.precision.back()[d];
    const double deviation = trace.z[d] - trace.mean.back()[d];
    const double posterior = 0.5 * deviation * deviation * (1 + g * g);
    const double prior = 0.5 * trace.z[d] * trace.z[d];
    const double log_precision = 0.5 * std::log1p(g * g);
    ratio += posterior - prior - log_precision;
    result.magnitude += posterior + prior + log_precision;
  }
  const double share = observation.prior_share;
  // −log(α + (1 − α)·e^−ratio), by the larger of its terms.
  if (share == 0) {
    result.value += ratio;
  } else {
    const double prior = std::log(share);
    const double encoder = std::log1p(-share) - ratio;
    result.value -= std::max(prior, encoder) + std::log1p(std::exp(-std::abs(prior - encoder)));
  }
  return result;
}

void leaf_backward(const LeafBank& bank, int leaf, std::span<const double> parameters,
                   std::span<const double> pixels, std::span<const double> noise,
                   double row_gradient, std::span<double> grad, std::span<double> grad_table,
                   const std::vector<bool>& observed) {
  const LeafNetworks& networks = group_of(bank, leaf).networks;
  const LeafTrace trace = leaf_forward(bank, leaf, parameters, pixels, noise);
  const auto back = [&](const NetworkStack& network, LastLayer last, const NetworkTrace& of,
                        Vector grad_output) {
    return network_backward(network, last, bank.slot_of(leaf), parameters, of,
                            std::move(grad_output), grad);
  };
  const auto add = [](Vector& sum, const Vector& part) {
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += part[i];
  };

  std::vector<Vector> grad_heads;
  grad_heads.reserve(trace.heads.size());
  for (const NetworkTrace& head : trace.heads) grad_heads.emplace_back(head.back().size());
  const DecodedLeaf leaf_pixels = decoded(bank, parameters, trace);
  for (std::size_t pixel = 0; pixel < pixels.size(); ++pixel) {
    if (!observed.empty() && !observed[pixel]) continue;
    Vector grad_pixel(leaf_pixels.pixels[pixel].size());
    pixel_log_likelihood(leaf_pixels.pixel(pixel), pixels[pixel],
                         {.scale = row_gradient, .heads = grad_pixel, .table = grad_table});
    auto next = grad_pixel.begin();
    for (Vector& grad_head : grad_heads) {
      const std::size_t each = grad_head.size() / pixels.size();
      std::copy_n(next, each, grad_head.begin() + static_cast<std::ptrdiff_t>(pixel * each));
      next += static_cast<std::ptrdiff_t>(each);
    }
  }

  Vector grad_decoder(trace.decoder.back().size());
  for (std::size_t h = 0; h < grad_heads.size(); ++h) {
    add(grad_decoder,
        back(networks.decoders[h], LastLayer::kLinear, trace.heads[h], std::move(grad_heads[h])));
  }
  Vector grad_z =
      back(networks.decoder_trunk, LastLayer::kSoftplus, trace.decoder, std::move(grad_decoder));

  // log w depends on the posterior through z (mean + ε (1 + g²)^(−½)) and through −½ log(1 + g²).
  Vector grad_g(noise.size());
  for (std::size_t d = 0; d < grad_z.size(); ++d) {
    grad_z[d] -= row_gradient * trace.z[d];
    const double g = trace.precision.back()[d];
    const double precision = 1 + g * g;
    grad_g[d] = -grad_z[d] * noise[d] * g / (precision * std::sqrt(precision)) -
                row_gradient * g / precision;
  }
  Vector grad_encoder =
      back(networks.encoder_mean, LastLayer::kLinear, trace.mean, std::move(grad_z));
  add(grad_encoder,
      back(networks.encoder_precision, LastLayer::kLinear, trace.precision, std::move(grad_g)));
  back(networks.encoder_trunk, LastLayer::kSoftplus, trace.encoder, std::move(grad_encoder));
}

}  // namespace spvae
