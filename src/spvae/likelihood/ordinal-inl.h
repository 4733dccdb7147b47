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

// Bins between cut points, from a table by value (ordinal.cpp). A gather costs as much as the rest
// of a pixel's mass, so each column of the table has a plane.
struct LearnedBins {
  static constexpr int kPlanes = 4;
  static constexpr int kTableGradients = 3;  // of the upper edge, the lower edge, the width
  static constexpr int kValues = 256;
  static constexpr float kMaxValue = 255.0f;

  LearnedBins(const LikelihoodLanes& of, int i, const float* x)
      : planes(x + of.Plane(0) + i * kTile),
        plane(of.Plane(1) - of.Plane(0)),
        v(ValueOf(hn::Load(FloatTag(), x + i * kTile))) {}
  static HWY_INLINE Int ValueOf(Float x) { return hn::NearestInt(hn::Mul(Constant(kMaxValue), x)); }
  HWY_INLINE Float Entry(int column) const { return hn::Load(FloatTag(), planes + column * plane); }
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

  // x: of all pixels, [D][kTile].
  static void FillPlanes(const LikelihoodLanes& of, float* x) {
    const FloatTag d;
    for (int at = 0; at < of.pixels * kTile; at += kLanes) {
      const Int v = ValueOf(hn::Load(d, x + at));
      for (int column = 0; column < kPlanes; ++column) {
        hn::Store(hn::GatherIndex(d, of.table + column * kValues, v), d, x + of.Plane(column) + at);
      }
    }
  }

  // x, gradients: of a pixel, [kTile].
  static void AddToTable(const float* x, const float* gradients, double* sums) {
    for (int lane = 0; lane < kTile; ++lane) {
      const auto value = static_cast<int>(kMaxValue * x[lane] + 0.5f);
      double* const copy = sums + value * kTableCopies + lane % kTableCopies;
      copy[0] += gradients[kTile + lane];
      copy[kValues * kTableCopies] += gradients[lane];
      copy[2 * kValues * kTableCopies] += gradients[2 * kTile + lane];
    }
  }

  const float* planes;
  std::ptrdiff_t plane;
  Int v;
};

struct OrdinalLanes : LogisticBinLanes<LearnedBins> {
  static constexpr int kPlanes = LearnedBins::kPlanes;
  static constexpr int kTableGradients = LearnedBins::kTableGradients;
  template <class Part, class Visit>
  static HWY_INLINE void Select(const LikelihoodConfig&, const Visit& visit) {
    visit.template operator()<OrdinalLanes, Part>();
  }
  static void FillPlanes(const LikelihoodLanes& of, float* x) { LearnedBins::FillPlanes(of, x); }
  static void AddToTable(const float* x, const float* gradients, double* sums) {
    LearnedBins::AddToTable(x, gradients, sums);
  }
};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
