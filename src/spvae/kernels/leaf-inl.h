// One tile of a leaf VAE: encoder, noise, decoders, log weight, and back (TP19 Algorithm 1).
#if defined(SPVAE_KERNELS_LEAF_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_LEAF_INL_H_
#undef SPVAE_KERNELS_LEAF_INL_H_
#else
#define SPVAE_KERNELS_LEAF_INL_H_
#endif

#include "spvae/kernels/network-inl.h"
#include "spvae/kernels/prior-inl.h"
#include "spvae/kernels/random-inl.h"
#include "spvae/likelihood/lanes-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

HWY_INLINE LikelihoodLanes LikelihoodOf(const Leaf& leaf) {
  return {*leaf.likelihood, leaf.likelihood_table, leaf.pixels};
}

// Table::pixel_planes.
int PixelPlanes(const LikelihoodConfig& likelihood) {
  int planes = 0;
  VisitLikelihood(likelihood, nullptr, [&]<class Model, class Part>() { planes = Model::kPlanes; });
  return planes;
}

// Table::encode.
void Encode(const Leaf& leaf, float* x, const EncoderTrace& trace, const Posterior& posterior) {
  const FloatTag d;
  VisitLikelihood(*leaf.likelihood, nullptr, [&]<class Model, class Part>() HWY_ATTR {
    if constexpr (Model::kPlanes > 0) Model::FillPlanes(LikelihoodOf(leaf), x);
  });
  const Float one = Constant(1.0f);
  const float* shared = NetworkForward(leaf.encoder_trunk, x, trace.trunk);
  NetworkForward(leaf.encoder_mean, shared, trace.mean);
  NetworkForward(leaf.encoder_precision, shared, trace.precision);
  for (int lane = 0; lane < kTile; lane += kLanes) {
    LogProduct precisions;
    for (int i = 0; i < leaf.latent; ++i) {
      const Float g = hn::Load(d, posterior.root + i * kTile + lane);
      const Float precision = hn::MulAdd(g, g, one);
      precisions.Multiply(precision);
      if (i % 2 == 1) precisions.Normalise();
      hn::Store(hn::Div(one, hn::Sqrt(precision)), d, posterior.deviation + i * kTile + lane);
    }
    hn::Store(hn::Mul(Constant(0.5f), precisions.Logarithm()), d,
              posterior.half_log_precision + lane);
  }
}

// Table::decode_codes.
void DecodeCodes(const Leaf& leaf, const DecoderTrace& trace) {
  const float* shared = NetworkForward(leaf.decoder_trunk, trace.code, trace.trunk);
  for (int head = 0; head < leaf.heads; ++head) {
    NetworkForward(leaf.decoders[head], shared, trace.decoders[head]);
  }
}

// Table::decode.
void Decode(const Leaf& leaf, const Posterior& posterior, const Rows& rows, const Noise& noise,
            const Observation* observation, const SecondProposal* second,
            const DecoderTrace& trace) {
  const FloatTag d;
  LatentNoise(noise, leaf.index, rows, leaf.latent, trace.noise);
  const int count = leaf.latent * kTile;
  for (int i = 0; i < count; i += kLanes) {
    const Float e = hn::Load(d, trace.noise + i);
    Float z = hn::MulAdd(hn::Load(d, posterior.deviation + i), e, hn::Load(d, posterior.mean + i));
    if (observation != nullptr) {
      const Float from_prior = hn::Load(d, observation->from_prior + i % kTile);
      const Float of_prior = leaf.priors == nullptr
                                 ? e
                                 : hn::MulAdd(hn::Load(d, observation->prior_scale + i), e,
                                              hn::Load(d, observation->prior_mean + i));
      z = hn::IfThenElse(hn::Gt(from_prior, hn::Zero(d)), of_prior, z);
    }
    if (second != nullptr) {
      const Float is_drawn = hn::Load(d, second->is_drawn + i % kTile);
      z = hn::IfThenElse(hn::Gt(is_drawn, hn::Zero(d)), hn::Load(d, second->code + i), z);
    }
    hn::Store(z, d, trace.code + i);
  }
  DecodeCodes(leaf, trace);
}

// log p(z) − log q(z|x) of one lane vector: Σ ½(ε² − z²) − ½ Σ log(1 + g²), where ε = (z − mean) /
// deviation; z's own noise where it is from q.
HWY_INLINE Float PriorOverPosterior(const Leaf& leaf, const Posterior& posterior,
                                    const DecoderTrace& trace, bool from_posterior, int lane) {
  const FloatTag d;
  Float divergence = hn::Zero(d);
  for (int i = 0; i < leaf.latent; ++i) {
    const int at = i * kTile + lane;
    const Float z = hn::Load(d, trace.code + at);
    const Float e = from_posterior ? hn::Load(d, trace.noise + at)
                                   : hn::Div(hn::Sub(z, hn::Load(d, posterior.mean + at)),
                                             hn::Load(d, posterior.deviation + at));
    divergence = hn::MulAdd(hn::Sub(e, z), hn::Add(e, z), divergence);
  }
  return hn::MulSub(Constant(0.5f), divergence, hn::Load(d, posterior.half_log_precision + lane));
}

// log p(z) − log(α·p(z) + (1 − α)·q(z|x)) = −log(α + (1 − α)·e^−ratio), ratio = log p(z)/q(z|x).
HWY_INLINE Float PriorOverMixture(const Observation& observation, Float ratio, int lane) {
  const FloatTag d;
  const Float prior = hn::Load(d, observation.log_prior_share + lane);
  const Float encoder = hn::Sub(hn::Load(d, observation.log_encoder_share + lane), ratio);
  const Float larger = hn::Max(prior, encoder);
  const Float gap = hn::Sub(hn::Min(prior, encoder), larger);
  return hn::Neg(hn::Add(larger, Softplus(gap)));
}

// log q(z|x) of one lane vector, but for (2π)^(−Z/2).
HWY_INLINE Float LogPosterior(const Leaf& leaf, const Posterior& posterior,
                              const DecoderTrace& trace, bool from_posterior, int lane) {
  const FloatTag d;
  Float squares = hn::Zero(d);
  for (int i = 0; i < leaf.latent; ++i) {
    const int at = i * kTile + lane;
    const Float e =
        from_posterior
            ? hn::Load(d, trace.noise + at)
            : hn::Div(hn::Sub(hn::Load(d, trace.code + at), hn::Load(d, posterior.mean + at)),
                      hn::Load(d, posterior.deviation + at));
    squares = hn::MulAdd(e, e, squares);
  }
  return hn::NegMulAdd(Constant(0.5f), squares, hn::Load(d, posterior.half_log_precision + lane));
}

// log(share·t(z) + (1 − share)·q) from log q.
HWY_INLINE Float WithSecond(const SecondProposal& second, Float log_density, int lane) {
  const FloatTag d;
  const Float rest = hn::Add(hn::Load(d, second.log_rest_share + lane), log_density);
  const Float of_second = hn::Load(d, second.log_density + lane);
  const Float larger = hn::Max(rest, of_second);
  return hn::Add(larger, Softplus(hn::Sub(hn::Min(rest, of_second), larger)));
}

// log p(z) of N(0, I), but for (2π)^(−Z/2).
HWY_INLINE Float LogStandardPrior(const Leaf& leaf, const DecoderTrace& trace, int lane) {
  const FloatTag d;
  Float squares = hn::Zero(d);
  for (int i = 0; i < leaf.latent; ++i) {
    const Float z = hn::Load(d, trace.code + i * kTile + lane);
    squares = hn::MulAdd(z, z, squares);
  }
  return hn::Mul(Constant(-0.5f), squares);
}

// The same as LogWeight of learned priors.
void LogWeights(const Leaf& leaf, const float* x, const float* constant, const Posterior& posterior,
                const Observation* observation, const SecondProposal* second,
                const DecoderTrace& trace, float* out, std::size_t stride) {
  const FloatTag d;
  const float* observed = observation == nullptr ? nullptr : observation->pixels;
  alignas(64) float likelihood[kTile];
  VisitLikelihood(*leaf.likelihood, observed, [&]<class Model, class Part>() HWY_ATTR {
    for (int lane = 0; lane < kTile; lane += kLanes) {
      hn::Store(
          Model::Value(Part(observed, lane), LikelihoodOf(leaf), x + lane, trace.outputs, lane), d,
          likelihood + lane);
    }
  });
  for (int lane = 0; lane < kTile; lane += kLanes) {
    const Float largest = LogPriors(leaf, trace.code, lane, out, stride);
    const bool from_posterior = observation == nullptr && second == nullptr;
    Float density = LogPosterior(leaf, posterior, trace, from_posterior, lane);
    if (observation != nullptr) {
      density = LogMixture(leaf, *observation, largest, density, out, stride, lane);
    }
    if (second != nullptr) density = WithSecond(*second, density, lane);
    const Float base =
        hn::Sub(hn::Add(hn::Load(d, likelihood + lane), hn::Load(d, constant + lane)), density);
    for (int j = 0; j < leaf.leaves; ++j) {
      float* row = out + static_cast<std::size_t>(j) * stride + lane;
      hn::StoreU(hn::Add(base, hn::LoadU(d, row)), d, row);
    }
  }
}

// Table::log_weight: log p(x|z) + log p(z) − log of the density that z was drawn from.
void LogWeight(const Leaf& leaf, const float* x, const float* constant, const Posterior& posterior,
               const Observation* observation, const SecondProposal* second,
               const DecoderTrace& trace, float* out, std::size_t stride) {
  const FloatTag d;
  if (leaf.priors != nullptr) {
    return LogWeights(leaf, x, constant, posterior, observation, second, trace, out, stride);
  }
  const float* observed = observation == nullptr ? nullptr : observation->pixels;
  VisitLikelihood(*leaf.likelihood, observed, [&]<class Model, class Part>() HWY_ATTR {
    for (int lane = 0; lane < kTile; lane += kLanes) {
      Float prior =
          PriorOverPosterior(leaf, posterior, trace, Part::kIsComplete && second == nullptr, lane);
      if constexpr (!Part::kIsComplete) prior = PriorOverMixture(*observation, prior, lane);
      if (second != nullptr) {
        const Float log_prior = LogStandardPrior(leaf, trace, lane);
        prior = hn::Sub(log_prior, WithSecond(*second, hn::Sub(log_prior, prior), lane));
      }
      const Float likelihood = hn::Add(
          Model::Value(Part(observed, lane), LikelihoodOf(leaf), x + lane, trace.outputs, lane),
          hn::Load(d, constant + lane));
      hn::StoreU(hn::Add(likelihood, prior), d, out + lane);
    }
  });
}

// row_gradient · d log p(x|z) → the deltas of the decoders' last layers; sums, where not null, as
// Table::decode_backward.
HWY_INLINE void LikelihoodBackward(const Leaf& leaf, const float* x, const float* observed,
                                   const float* row_gradient, const DecoderTrace& trace,
                                   double* sums) {
  const FloatTag d;
  VisitLikelihood(*leaf.likelihood, observed, [&]<class Model, class Part>() HWY_ATTR {
    constexpr int kGradients = Model::kTableGradients;
    alignas(64) float table_gradient[kGradients * kTile + 1];
    for (int i = 0; i < leaf.pixels; ++i) {
      for (int lane = 0; lane < kTile; lane += kLanes) {
        Model::Gradient(Part(observed, lane), LikelihoodOf(leaf), i, x + lane, trace.outputs,
                        trace.output_deltas, lane, hn::Load(d, row_gradient + lane),
                        table_gradient + lane);
      }
      if constexpr (kGradients > 0) {
        if (sums != nullptr) Model::AddToTable(x + i * kTile, table_gradient, sums);
      }
    }
  });
}

// Table::decode_backward.
void DecodeBackward(const Leaf& leaf, const float* x, const float* observed,
                    const float* row_gradient, const float* leaf_gradient,
                    const DecoderTrace& trace, float* dz, double* sums) {
  LikelihoodBackward(leaf, x, observed, row_gradient, trace, sums);
  PriorBackward(leaf, row_gradient, leaf_gradient, trace.code, dz);
  // The heads' inputs are the trunk's last output, or the code itself.
  const int trunk_last = leaf.decoder_trunk.count - 1;
  float* below = trunk_last < 0 ? dz : trace.trunk.delta[trunk_last];
  Start start = trunk_last < 0 ? Start::kAccumulate : Start::kZero;
  for (int head = 0; head < leaf.heads; ++head) {
    NetworkBackward(leaf.decoders[head], trace.decoders[head]);
    InputGradient(start, leaf.decoders[head].layers[0], trace.decoders[head].delta[0], below);
    start = Start::kAccumulate;
  }
  if (trunk_last < 0) return;
  TrunkBackward(leaf.decoder_trunk, trace.trunk);
  InputGradient(Start::kAccumulate, leaf.decoder_trunk.layers[0], trace.trunk.delta[0], dz);
}

// Table::encode_backward: with s = 1/√(1 + g²), dg = −g·s²·(s·Σ dz·ε + Σ row gradient).
void EncodeBackward(const Leaf& leaf, const Posterior& posterior, const PosteriorGradient& grad,
                    const EncoderTrace& trace) {
  const FloatTag d;
  float* delta_mean = trace.mean.delta[leaf.encoder_mean.count - 1];
  float* delta_root = trace.precision.delta[leaf.encoder_precision.count - 1];
  for (int i = 0; i < leaf.latent; ++i) {
    for (int lane = 0; lane < kTile; lane += kLanes) {
      const int at = i * kTile + lane;
      const Float g = hn::Load(d, posterior.root + at);
      const Float s = hn::Load(d, posterior.deviation + at);
      const Float inner =
          hn::MulAdd(s, hn::Load(d, grad.noise + at), hn::Load(d, grad.rows + lane));
      hn::Store(hn::Load(d, grad.mean + at), d, delta_mean + at);
      hn::Store(hn::Neg(hn::Mul(hn::Mul(g, hn::Mul(s, s)), inner)), d, delta_root + at);
    }
  }
  NetworkBackward(leaf.encoder_mean, trace.mean);
  NetworkBackward(leaf.encoder_precision, trace.precision);
  if (leaf.encoder_trunk.count == 0) return;
  float* below = trace.trunk.delta[leaf.encoder_trunk.count - 1];
  InputGradient(Start::kZero, leaf.encoder_mean.layers[0], trace.mean.delta[0], below);
  InputGradient(Start::kAccumulate, leaf.encoder_precision.layers[0], trace.precision.delta[0],
                below);
  TrunkBackward(leaf.encoder_trunk, trace.trunk);
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
