// The lanes of Binomials of n trials: v·f − n·softplus(f), for log C(n, v) is their log_constant.
#if defined(SPVAE_LIKELIHOOD_BINOMIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_BINOMIAL_INL_H_
#undef SPVAE_LIKELIHOOD_BINOMIAL_INL_H_
#else
#define SPVAE_LIKELIHOOD_BINOMIAL_INL_H_
#endif

#include "spvae/likelihood/part-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

template <int kMaxValue>
struct BinomialOf : OneForm<BinomialOf<kMaxValue>> {
  static constexpr float kLogitBound = 16.118f;
  static constexpr float kTrials = kMaxValue;

  template <class Part>
  static HWY_INLINE Float Value(Part part, const LikelihoodLanes& of, const float* HWY_RESTRICT x,
                                const float* const* out, int lane) {
    const FloatTag d;
    const float* HWY_RESTRICT out0 = out[0] + lane;
    const Float bound = Constant(kLogitBound);
    Float sum = hn::Zero(d);
    for (int i = 0; i < of.pixels; ++i) {
      const Float f = hn::Min(bound, hn::Max(hn::Neg(bound), hn::Load(d, out0 + i * kTile)));
      const Float v = hn::Round(hn::Mul(Constant(kTrials), hn::Load(d, x + i * kTile)));
      // softplus(−|f|) keeps the cancellation of v·f against n·softplus(f) out of float32.
      const Float tail = Softplus(hn::Neg(hn::Abs(f)));
      const Float misses = hn::IfThenElse(hn::Lt(f, hn::Zero(d)), v, hn::Sub(Constant(kTrials), v));
      sum = hn::NegMulAdd(part.Keep(i, misses), hn::Abs(f), sum);
      sum = hn::NegMulAdd(part.Keep(i, Constant(kTrials)), tail, sum);
    }
    return sum;
  }

  template <class Part>
  static HWY_INLINE void Gradient(Part part, const LikelihoodLanes&, int i,
                                  const float* HWY_RESTRICT x, const float* const* out,
                                  float* const* delta, int lane, Float row_gradient, float*) {
    const FloatTag d;
    const Float f = hn::Load(d, out[0] + i * kTile + lane);
    const Float v = hn::Round(hn::Mul(Constant(kTrials), hn::Load(d, x + i * kTile)));
    const Float slope = hn::NegMulAdd(Constant(kTrials), Sigmoid(f), v);
    const Float grad = hn::IfThenElseZero(hn::Le(hn::Abs(f), Constant(kLogitBound)), slope);
    hn::Store(part.Keep(i, hn::Mul(row_gradient, grad)), d, delta[0] + i * kTile + lane);
  }
};

using BinomialLanes = BinomialOf<255>;

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
