// The lanes of mixtures of logistics: log p = log Σ e^(w + log of a bin's mass) − log Σ e^w.
#if defined(SPVAE_LIKELIHOOD_MIXTURE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_MIXTURE_INL_H_
#undef SPVAE_LIKELIHOOD_MIXTURE_INL_H_
#else
#define SPVAE_LIKELIHOOD_MIXTURE_INL_H_
#endif

#include "spvae/likelihood/logistic-inl.h"
#include "spvae/likelihood/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

struct MixtureLanes : OneForm<MixtureLanes> {
  using Bin = LogisticBinLanes<EqualBins>;

  // Component c of m has the joint mass e^exponent · factor; factors are in [0.02, 1].
  struct Joint {
    alignas(64) float exponents[kMaxMixtureComponents * kTile];
    alignas(64) float factors[kMaxMixtureComponents * kTile];

    void Set(int c, const Bin::Mass& mass, Float weight) {
      const FloatTag d;
      const Float exponent = hn::Add(weight, hn::Sub(mass.log_width, mass.linear));
      hn::Store(exponent, d, exponents + c * kTile);
      hn::Store(hn::Div(mass.share, mass.tails), d, factors + c * kTile);
    }
    // factors ← their share of the joint mass, over e^greatest exponent; returns the sum.
    HWY_INLINE Float Sum(int count) {
      const FloatTag d;
      Exponentials(exponents, count, exponents);
      Float sum = hn::Zero(d);
      for (int c = 0; c < count; ++c) {
        const int at = c * kTile;
        const Float part = hn::Mul(hn::Load(d, exponents + at), hn::Load(d, factors + at));
        hn::Store(part, d, factors + at);
        sum = hn::Add(sum, part);
      }
      return sum;
    }
  };

  template <class Part>
  static HWY_INLINE Bin::Pixel Evaluate(Part part, const LikelihoodLanes& of, int i, int c,
                                        const float* x, const float* const* out, int at) {
    const FloatTag d;
    const auto offset = static_cast<float>(mixture_offset(c, of.config.mixture.components));
    const Float location = hn::Add(hn::Load(d, out[0] + at), Constant(offset));
    return Bin::Evaluate(part, of, i, x, location, hn::Load(d, out[1] + at));
  }

  template <class Part>
  static HWY_INLINE Float Value(Part part, const LikelihoodLanes& of, const float* HWY_RESTRICT x,
                                const float* const* out, int lane) {
    const FloatTag d;
    const int count = of.config.mixture.components;
    LogProduct ratios;
    Float linear = hn::Zero(d);
    Joint joint;
    alignas(64) float weights[kMaxMixtureComponents * kTile];
    for (int i = 0; i < of.pixels; ++i) {
      const int first = i * count * kTile + lane;
      for (int c = 0; c < count; ++c) {
        const int at = first + c * kTile;
        joint.Set(c, Bin::MassOf(Evaluate(part, of, i, c, x, out, at)), hn::Load(d, out[2] + at));
      }
      const Float gap = hn::Sub(Greatest(joint.exponents, count), Greatest(out[2] + first, count));
      const Float all = Exponentials(out[2] + first, count, weights);
      linear = hn::Add(linear, part.Keep(i, gap));
      ratios.Multiply(part.KeepOrOne(i, hn::Div(joint.Sum(count), all)));
      ratios.Normalise();
    }
    return hn::Add(linear, ratios.Logarithm());
  }

  template <class Part>
  static HWY_INLINE void Gradient(Part part, const LikelihoodLanes& of, int i,
                                  const float* HWY_RESTRICT x, const float* const* out,
                                  float* const* delta, int lane, Float row_gradient, float*) {
    const FloatTag d;
    const int count = of.config.mixture.components;
    const int first = i * count * kTile + lane;
    Joint joint;
    for (int c = 0; c < count; ++c) {
      const int at = first + c * kTile;
      const Bin::Pixel p = Evaluate(part, of, i, c, x, out, at);
      joint.Set(c, Bin::MassOf(p), hn::Load(d, out[2] + at));
      const Bin::Slopes slopes = Bin::SlopesOf(p);
      hn::Store(slopes.location, d, delta[0] + at);
      hn::Store(slopes.scale, d, delta[1] + at);
    }
    const Float mass = joint.Sum(count);
    const Float all = Exponentials(out[2] + first, count, delta[2] + first);
    for (int c = 0; c < count; ++c) {
      const int at = first + c * kTile;
      const Float responsibility = hn::Div(hn::Load(d, joint.factors + c * kTile), mass);
      const Float own = part.Keep(i, hn::Mul(row_gradient, responsibility));
      hn::Store(hn::Mul(own, hn::Load(d, delta[0] + at)), d, delta[0] + at);
      hn::Store(hn::Mul(own, hn::Load(d, delta[1] + at)), d, delta[1] + at);
      const Float weight = hn::Div(hn::Load(d, delta[2] + at), all);
      hn::Store(part.Keep(i, hn::Mul(row_gradient, hn::Sub(responsibility, weight))), d,
                delta[2] + at);
    }
  }
};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
