// What the lanes of all likelihoods are given.
#if defined(SPVAE_LIKELIHOOD_PART_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_PART_INL_H_
#undef SPVAE_LIKELIHOOD_PART_INL_H_
#else
#define SPVAE_LIKELIHOOD_PART_INL_H_
#endif

#include "spvae/likelihood/likelihood.h"
#include "spvae/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// A likelihood of D pixels and what it reads.
struct LikelihoodLanes {
  const LikelihoodConfig& config;
  const float* table;  // SharedParameters::table
  int pixels;          // D

  // Of plane p, from where pixels start: behind them and their row of ones.
  std::ptrdiff_t Plane(int p) const {
    return (1 + pixels + static_cast<std::ptrdiff_t>(p) * pixels) * kTile;
  }
};

// Which pixels of a tile take part: all of them, or those that are observed, 1 in [D][kTile], else
// 0.
struct Complete {
  static constexpr bool kIsComplete = true;
  Complete(const float*, int) {}
  HWY_INLINE Float Keep(int, Float term) const { return term; }
  HWY_INLINE Float KeepOrOne(int, Float factor) const { return factor; }
  HWY_INLINE Float Count(int pixels) const { return Constant(static_cast<float>(pixels)); }
};

struct Observed {
  static constexpr bool kIsComplete = false;
  Observed(const float* flags, int lane) : observed(flags + lane) {}
  HWY_INLINE hn::Mask<FloatTag> Missing(int i) const {
    const FloatTag d;
    return hn::Eq(hn::Load(d, observed + i * kTile), hn::Zero(d));
  }
  HWY_INLINE Float Keep(int i, Float term) const { return hn::IfThenZeroElse(Missing(i), term); }
  HWY_INLINE Float KeepOrOne(int i, Float factor) const {
    return hn::IfThenElse(Missing(i), Constant(1.0f), factor);
  }
  HWY_INLINE Float Count(int pixels) const {
    const FloatTag d;
    Float count = hn::Zero(d);
    for (int i = 0; i < pixels; ++i) count = hn::Add(count, hn::Load(d, observed + i * kTile));
    return count;
  }

  const float* observed;  // of this lane vector
};

// The lanes of a likelihood Name are a class NameLanes:
//   Value adds up log p of one lane vector over the pixels that take part, without log_constant;
//   Gradient writes row_gradient · d log p / d heads of pixel i, 0 where it does not take part;
//   Select calls visit<Form, Part>, Form being the class that has the two above.
// x [D][kTile]; out, delta: of each head, [D · outputs][kTile]; all from their lane `lane` on.
// FillPlanes looks up kPlanes numbers of each pixel by its value, once for all samples, [D][kTile]
// each. kTableGradients numbers a lane, [kTableGradients][kTile], receive what Gradient gives to
// the table; AddToTable then puts those of a pixel into the sums, lane after lane.
template <class Lanes>
struct OneForm {
  static constexpr int kPlanes = 0;
  static constexpr int kTableGradients = 0;
  template <class Part, class Visit>
  static HWY_INLINE void Select(const LikelihoodConfig&, const Visit& visit) {
    visit.template operator()<Lanes, Part>();
  }
};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
