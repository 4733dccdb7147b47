// The lanes of the discretised logistic.
#if defined(SPVAE_LIKELIHOOD_LOGISTIC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_LOGISTIC_INL_H_
#undef SPVAE_LIKELIHOOD_LOGISTIC_INL_H_
#else
#define SPVAE_LIKELIHOOD_LOGISTIC_INL_H_
#endif

#include "spvae/likelihood/logistic_bin-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// Bins of one width around the grey levels.
struct EqualBins {
  static constexpr int kTableGradients = 0;
  static constexpr float kHalfBin = 1.0f / 510.0f;  // half of a grey level
  static constexpr float kLogBin = -5.54126355f;    // log(1/255)

  EqualBins(const LikelihoodLanes&, int i, const float* x)
      : value(hn::Load(FloatTag(), x + i * kTile)) {}
  HWY_INLINE Float UpperFrom(Float f) const {
    return hn::Add(hn::Sub(value, f), Constant(kHalfBin));
  }
  HWY_INLINE Float LowerFrom(Float f) const {
    return hn::Sub(hn::Sub(value, f), Constant(kHalfBin));
  }
  HWY_INLINE Float Width() const { return Constant(2.0f * kHalfBin); }
  HWY_INLINE Float LogWidth() const { return Constant(kLogBin); }
  HWY_INLINE hn::Mask<FloatTag> IsFirst() const { return hn::Lt(value, Constant(kHalfBin)); }
  HWY_INLINE hn::Mask<FloatTag> IsLast() const { return hn::Gt(value, Constant(1.0f - kHalfBin)); }

  Float value;
};

struct LogisticLanes : LogisticBinLanes<EqualBins>, OneForm<LogisticLanes> {};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
