// The lanes of the ordinal likelihood.
#if defined(SPVAE_LIKELIHOOD_ORDINAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_ORDINAL_INL_H_
#undef SPVAE_LIKELIHOOD_ORDINAL_INL_H_
#else
#define SPVAE_LIKELIHOOD_ORDINAL_INL_H_
#endif

#include "spvae/likelihood/logistic_bin-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// Bins between cut points, from a table by value (ordinal.cpp).
struct LearnedBins {
  static constexpr int kTableGradients = 3;  // of the upper edge, the lower edge, the width
  static constexpr int kValues = 256;
  static constexpr float kMaxValue = 255.0f;

  LearnedBins(const LikelihoodLanes& of, Float x)
      : table(of.table), v(hn::NearestInt(hn::Mul(Constant(kMaxValue), x))) {}
  HWY_INLINE Float Entry(int column) const {
    return hn::GatherIndex(FloatTag(), table + column * kValues, v);
  }
  HWY_INLINE Float LowerFrom(Float f) const { return hn::Sub(Entry(0), f); }
  HWY_INLINE Float UpperFrom(Float f) const { return hn::Sub(Entry(1), f); }
  HWY_INLINE Float Width() const { return Entry(2); }
  HWY_INLINE Float LogWidth() const { return Entry(3); }
  HWY_INLINE hn::Mask<FloatTag> IsFirst() const { return IsValue(0); }
  HWY_INLINE hn::Mask<FloatTag> IsLast() const { return IsValue(kValues - 1); }
  HWY_INLINE hn::Mask<FloatTag> IsValue(int value) const {
    return hn::RebindMask(FloatTag(), hn::Eq(v, hn::Set(IntTag(), value)));
  }

  // d/dc = a · d/du; d/dwidth = (width · d/dwidth)/width.
  HWY_INLINE void StoreGradients(Float row_gradient, Float a, Float grad_u, Float grad_l,
                                 Float grad_log_width, float* out) const {
    const FloatTag d;
    const Float scale = hn::Mul(row_gradient, a);
    hn::Store(hn::Mul(scale, grad_u), d, out);
    hn::Store(hn::Mul(scale, grad_l), d, out + kTile);
    hn::Store(hn::Div(hn::Mul(row_gradient, grad_log_width), Width()), d, out + 2 * kTile);
  }

  // x, gradients: of a pixel, [kTile].
  static void AddToTable(const float* x, const float* gradients, double* sums) {
    for (int lane = 0; lane < kTile; ++lane) {
      const auto value = static_cast<int>(kMaxValue * x[lane] + 0.5f);
      sums[kValues + value] += gradients[lane];
      sums[value] += gradients[kTile + lane];
      sums[2 * kValues + value] += gradients[2 * kTile + lane];
    }
  }

  const float* table;
  Int v;
};

struct OrdinalLanes : LogisticBinLanes<LearnedBins> {
  static constexpr int kTableGradients = LearnedBins::kTableGradients;
  template <class Part, class Visit>
  static HWY_INLINE void Select(const LikelihoodConfig&, const Visit& visit) {
    visit.template operator()<OrdinalLanes, Part>();
  }
  static void AddToTable(const float* x, const float* gradients, double* sums) {
    LearnedBins::AddToTable(x, gradients, sums);
  }
};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
