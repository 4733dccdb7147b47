// The lanes of the categorical likelihood: log p = f_v − log Σ e^f, by the greatest logit.
#if defined(SPVAE_LIKELIHOOD_CATEGORICAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_CATEGORICAL_INL_H_
#undef SPVAE_LIKELIHOOD_CATEGORICAL_INL_H_
#else
#define SPVAE_LIKELIHOOD_CATEGORICAL_INL_H_
#endif

#include "spvae/likelihood/softmax-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

struct CategoricalLanes : OneForm<CategoricalLanes> {
  // 1 where a pixel x has value v of so many, else 0.
  static HWY_INLINE Float IsValue(Float x, int v, int values) {
    const Int value = hn::NearestInt(hn::Mul(Constant(static_cast<float>(values - 1)), x));
    const auto is_v = hn::RebindMask(FloatTag(), hn::Eq(value, hn::Set(IntTag(), v)));
    return hn::IfThenElseZero(is_v, Constant(1.0f));
  }

  template <class Part>
  static HWY_INLINE Float Value(Part part, const LikelihoodLanes& of, const float* HWY_RESTRICT x,
                                const float* const* out, int lane) {
    const FloatTag d;
    const int values = of.config.categorical.values;
    LogProduct sums;
    Float linear = hn::Zero(d);
    for (int i = 0; i < of.pixels; ++i) {
      const float* HWY_RESTRICT logits = out[0] + i * values * kTile + lane;
      const Float greatest = Greatest(logits, values);
      const Float pixel = hn::Load(d, x + i * kTile);
      Float sum = hn::Zero(d);
      Float chosen = hn::Zero(d);
      for (int v = 0; v < values; ++v) {
        const Float below = hn::Sub(hn::Load(d, logits + v * kTile), greatest);
        sum = hn::Add(sum, Exp(below));
        chosen = hn::MulAdd(IsValue(pixel, v, values), below, chosen);
      }
      linear = hn::Add(linear, part.Keep(i, chosen));
      sums.Multiply(part.KeepOrOne(i, sum));
      sums.Normalise();
    }
    return hn::Sub(linear, sums.Logarithm());
  }

  template <class Part>
  static HWY_INLINE void Gradient(Part part, const LikelihoodLanes& of, int i,
                                  const float* HWY_RESTRICT x, const float* const* out,
                                  float* const* delta, int lane, Float row_gradient, float*) {
    const FloatTag d;
    const int values = of.config.categorical.values;
    const int at = i * values * kTile + lane;
    const Float sum = Exponentials(out[0] + at, values, delta[0] + at);
    const Float pixel = hn::Load(d, x + i * kTile);
    for (int v = 0; v < values; ++v) {
      float* grad = delta[0] + at + v * kTile;
      const Float slope = hn::Sub(IsValue(pixel, v, values), hn::Div(hn::Load(d, grad), sum));
      hn::Store(part.Keep(i, hn::Mul(row_gradient, slope)), d, grad);
    }
  }
};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
