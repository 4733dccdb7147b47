#include "spvae/reference/leaf_reference.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "spvae/core/index.h"
#include "spvae/core/sigmoid.h"
#include "spvae/reference/network_reference.h"

namespace spvae {

namespace {

using Vector = std::vector<double>;

const LeafGroup& group_of(const LeafBank& bank, int leaf) {
  return bank.groups()[index(bank.group_of(bank.expert_of(leaf)))];
}

int slot_of(const LeafBank& bank, int leaf) { return bank.slot_of(bank.expert_of(leaf)); }

double log_add_exp(double a, double b) {
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

// Σ −½u² − log σ with u = (z − μ)/σ: log p(z) but for −Z/2·log 2π.
LogWeight log_prior(const CodeGaussian& prior, std::span<const double> z) {
  LogWeight result;
  for (std::size_t d = 0; d < z.size(); ++d) {
    const double u = (z[d] - prior.mean[d]) / prior.scale[d];
    result.value -= 0.5 * u * u + std::log(prior.scale[d]);
    result.magnitude += 0.5 * u * u + std::abs(std::log(prior.scale[d]));
  }
  return result;
}

// The logarithm of the mean of the priors of the leaf's expert.
double log_mean_prior(const LeafBank& bank, int leaf, std::span<const double> parameters,
                      std::span<const double> z) {
  const int count = bank.leaves_of_expert();
  const int first = bank.expert_of(leaf) * count;
  double sum = log_prior(prior_of(bank, first, parameters), z).value;
  for (int j = 1; j < count; ++j) {
    sum = log_add_exp(sum, log_prior(prior_of(bank, first + j, parameters), z).value);
  }
  return sum - std::log(count);
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

CodeGaussian posterior_of(const LeafTrace& trace) {
  CodeGaussian posterior{trace.mean.back(), {}};
  for (const double g : trace.precision.back()) {
    posterior.scale.push_back(1 / std::sqrt(1 + g * g));
  }
  return posterior;
}

LeafTrace leaf_forward(const LeafBank& bank, int leaf, std::span<const double> parameters,
                       std::span<const double> pixels, std::span<const double> noise,
                       int from_prior = -1, std::span<const double> code = {}) {
  const LeafGroup& group = group_of(bank, leaf);
  assert(pixels.size() == static_cast<std::size_t>(group.variables));
  assert(noise.size() == static_cast<std::size_t>(bank.config().latent));
  LeafTrace trace;
  encode(group.networks, slot_of(bank, leaf), parameters, pixels, trace);
  CodeGaussian proposal = posterior_of(trace);
  if (from_prior >= 0) {
    const int first = bank.expert_of(leaf) * bank.leaves_of_expert();
    proposal = prior_of(bank, first + from_prior, parameters);
  }
  trace.z = code.empty() ? latent_code(proposal, noise) : Vector(code.begin(), code.end());
  decode(group.networks, slot_of(bank, leaf), parameters, trace);
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

// log p(x|z) of the observed pixels (empty: of all).
LogWeight log_likelihood_of(const DecodedLeaf& leaf, std::span<const double> pixels,
                            const std::vector<bool>& observed) {
  LogWeight sum;
  for (std::size_t pixel = 0; pixel < pixels.size(); ++pixel) {
    if (!observed.empty() && !observed[pixel]) continue;
    const PixelLogLikelihood term = pixel_log_likelihood(leaf.pixel(pixel), pixels[pixel]);
    sum.value += term.value;
    sum.magnitude += term.magnitude;
  }
  return sum;
}

}  // namespace

CodeGaussian prior_of(const LeafBank& bank, int leaf, std::span<const double> parameters) {
  return leaf_prior(bank.prior_part(parameters, leaf), bank.config().latent);
}

CodeGaussian encode_leaf(const LeafBank& bank, int leaf, std::span<const double> parameters,
                         std::span<const double> pixels) {
  LeafTrace trace;
  encode(group_of(bank, leaf).networks, slot_of(bank, leaf), parameters, pixels, trace);
  return posterior_of(trace);
}

std::vector<double> latent_code(const CodeGaussian& proposal, std::span<const double> noise) {
  Vector z(noise.size());
  for (std::size_t d = 0; d < z.size(); ++d) {
    z[d] = proposal.mean[d] + noise[d] * proposal.scale[d];
  }
  return z;
}

DecodedLeaf decode_leaf(const LeafBank& bank, int leaf, std::span<const double> parameters,
                        std::span<const double> z) {
  LeafTrace trace;
  trace.z.assign(z.begin(), z.end());
  decode(group_of(bank, leaf).networks, slot_of(bank, leaf), parameters, trace);
  return decoded(bank, parameters, trace);
}

LogWeight leaf_log_weight(const LeafBank& bank, int leaf, std::span<const double> parameters,
                          std::span<const double> pixels, std::span<const double> noise,
                          const RowObservation& observation, const RowSecondProposal& second) {
  const std::vector<bool>& observed = observation.pixels;
  if (!observed.empty() && std::ranges::find(observed, true) == observed.end()) return {};
  const LeafTrace trace =
      leaf_forward(bank, leaf, parameters, pixels, noise, observation.from_prior, second.code);
  LogWeight result = log_likelihood_of(decoded(bank, parameters, trace), pixels, observed);
  // log p(z) − log q(z|x): the constants ½ log 2π cancel, and (z − mean)² (1 + g²) = ε² of q.
  const LogWeight prior = log_prior(prior_of(bank, leaf, parameters), trace.z);
  double density = 0;
  for (std::size_t d = 0; d < noise.size(); ++d) {
    const double g = trace.precision.back()[d];
    const double deviation = trace.z[d] - trace.mean.back()[d];
    const double square = 0.5 * deviation * deviation * (1 + g * g);
    const double log_precision = 0.5 * std::log1p(g * g);
    density += log_precision - square;
    result.magnitude += square + log_precision;
  }
  const double share = observation.prior_share;
  if (share > 0) {
    density = log_add_exp(std::log(share) + log_mean_prior(bank, leaf, parameters, trace.z),
                          std::log1p(-share) + density);
  }
  if (second.share > 0) {
    density = log_add_exp(std::log(second.share) + second.log_density(trace.z),
                          std::log1p(-second.share) + density);
  }
  result.value += prior.value - density;
  result.magnitude += prior.magnitude;
  return result;
}

double leaf_log_joint(const LeafBank& bank, int leaf, std::span<const double> parameters,
                      std::span<const double> pixels, const std::vector<bool>& observed,
                      std::span<const double> z) {
  return log_likelihood_of(decode_leaf(bank, leaf, parameters, z), pixels, observed).value +
         log_prior(prior_of(bank, leaf, parameters), z).value;
}

void leaf_backward(const LeafBank& bank, int leaf, std::span<const double> parameters,
                   std::span<const double> pixels, std::span<const double> noise,
                   const RowFactor& row, std::span<double> grad, std::span<double> grad_table,
                   const std::vector<bool>& observed) {
  const LeafNetworks& networks = group_of(bank, leaf).networks;
  const LeafTrace trace = leaf_forward(bank, leaf, parameters, pixels, noise);
  const auto back = [&](const NetworkStack& network, LastLayer last, const NetworkTrace& of,
                        Vector grad_output) {
    return network_backward(network, last, slot_of(bank, leaf), parameters, of,
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
                         {.scale = row.gradient, .heads = grad_pixel, .table = grad_table});
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
  const CodeGaussian prior = prior_of(bank, leaf, parameters);
  const auto prior_parameters = bank.prior_part(parameters, leaf);
  const auto grad_prior = bank.prior_part(grad, leaf);
  for (std::size_t d = 0; d < grad_z.size(); ++d) {
    const double scale = prior.scale[d];
    const double u = (trace.z[d] - prior.mean[d]) / scale;
    grad_z[d] -= row.gradient * u / scale;
    if (!grad_prior.empty()) {
      grad_prior[d] += row.gradient * u / scale;
      const std::size_t rho = noise.size() + d;
      grad_prior[rho] += row.gradient * (u * u - 1) / scale * sigmoid(prior_parameters[rho]);
    }
    const double g = trace.precision.back()[d];
    const double precision = 1 + g * g;
    // Doubly reparametrised: −log q of fixed parameters gives z ε/σ, and nothing else depends on g.
    if (row.share) {
      grad_z[d] = *row.share * (grad_z[d] + row.gradient * noise[d] * std::sqrt(precision));
    }
    grad_g[d] = -grad_z[d] * noise[d] * g / (precision * std::sqrt(precision)) -
                (row.share ? 0 : row.gradient * g / precision);
  }
  Vector grad_encoder =
      back(networks.encoder_mean, LastLayer::kLinear, trace.mean, std::move(grad_z));
  add(grad_encoder,
      back(networks.encoder_precision, LastLayer::kLinear, trace.precision, std::move(grad_g)));
  back(networks.encoder_trunk, LastLayer::kSoftplus, trace.encoder, std::move(grad_encoder));
}

}  // namespace spvae
