// Softmax over outputs of one pixel, of lane vectors that stand kTile apart.
#if defined(SPVAE_LIKELIHOOD_SOFTMAX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_SOFTMAX_INL_H_
#undef SPVAE_LIKELIHOOD_SOFTMAX_INL_H_
#else
#define SPVAE_LIKELIHOOD_SOFTMAX_INL_H_
#endif

#include "spvae/likelihood/part-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

HWY_INLINE Float Greatest(const float* HWY_RESTRICT logits, int count) {
  const FloatTag d;
  Float greatest = hn::Load(d, logits);
  for (int c = 1; c < count; ++c) greatest = hn::Max(greatest, hn::Load(d, logits + c * kTile));
  return greatest;
}

// Writes e^(logit − greatest), perhaps in place, and returns their sum.
HWY_INLINE Float Exponentials(const float* logits, int count, float* out) {
  const FloatTag d;
  const Float greatest = Greatest(logits, count);
  Float sum = hn::Zero(d);
  for (int c = 0; c < count; ++c) {
    const Float e = Exp(hn::Sub(hn::Load(d, logits + c * kTile), greatest));
    sum = hn::Add(sum, e);
    hn::Store(e, d, out + c * kTile);
  }
  return sum;
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
