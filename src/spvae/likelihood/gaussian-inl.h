// The lanes of the Gaussian.
#if defined(SPVAE_LIKELIHOOD_GAUSSIAN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_GAUSSIAN_INL_H_
#undef SPVAE_LIKELIHOOD_GAUSSIAN_INL_H_
#else
#define SPVAE_LIKELIHOOD_GAUSSIAN_INL_H_
#endif

#include <limits>

#include "spvae/likelihood/part-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

template <bool kIdentity>
struct GaussianForm {
  static constexpr int kPlanes = 0;
  static constexpr int kTableGradients = 0;
  static constexpr float kHalfLog2Pi = 0.918938533f;

  static HWY_INLINE Float Mean(Float f) { return kIdentity ? f : Sigmoid(f); }
  static HWY_INLINE Float Bound(const LikelihoodLanes& of) {
    const auto bound = static_cast<float>(of.config.gaussian.max_precision);
    return Constant(bound > 0 ? bound : std::numeric_limits<float>::infinity());
  }
  // In this order a precision that is not a number stays so.
  static HWY_INLINE Float Bounded(Float bound, Float precision) {
    return hn::Min(bound, precision);
  }

  template <class Part>
  static HWY_INLINE Float Value(Part part, const LikelihoodLanes& of, const float* HWY_RESTRICT x,
                                const float* const* out, int lane) {
    const FloatTag d;
    const float* HWY_RESTRICT out0 = out[0] + lane;
    const float* HWY_RESTRICT out1 = out[1] + lane;
    const Float one = Constant(1.0f);
    const Float bound = Bound(of);
    LogProduct precisions;
    Float squares = hn::Zero(d);
    for (int i = 0; i < of.pixels; ++i) {
      const Float g = hn::Load(d, out1 + i * kTile);
      const Float error =
          part.Keep(i, hn::Sub(hn::Load(d, x + i * kTile), Mean(hn::Load(d, out0 + i * kTile))));
      const Float precision = part.KeepOrOne(i, Bounded(bound, hn::MulAdd(g, g, one)));
      precisions.Multiply(precision);
      if (i % 2 == 1) precisions.Normalise();
      squares = hn::MulAdd(hn::Mul(precision, error), error, squares);
    }
    const Float half = hn::Mul(Constant(0.5f), hn::Sub(precisions.Logarithm(), squares));
    return hn::Sub(half, hn::Mul(Constant(kHalfLog2Pi), part.Count(of.pixels)));
  }

  template <class Part>
  static HWY_INLINE void Gradient(Part part, const LikelihoodLanes& of, int i,
                                  const float* HWY_RESTRICT x, const float* const* out,
                                  float* const* delta, int lane, Float row_gradient, float*) {
    const FloatTag d;
    const Float one = Constant(1.0f);
    const Float bound = Bound(of);
    const int at = i * kTile + lane;
    const Float g = hn::Load(d, out[1] + at);
    const Float mean = Mean(hn::Load(d, out[0] + at));
    const Float error = hn::Sub(hn::Load(d, x + i * kTile), mean);
    const Float unbounded = hn::MulAdd(g, g, one);
    const Float precision = Bounded(bound, unbounded);
    Float grad_mean = hn::Mul(hn::Mul(row_gradient, precision), error);
    if constexpr (!kIdentity) {
      grad_mean = hn::Mul(grad_mean, hn::NegMulAdd(mean, mean, mean));
    }
    const Float slope = hn::NegMulAdd(error, error, hn::Div(one, precision));
    hn::Store(part.Keep(i, grad_mean), d, delta[0] + at);
    const Float grad_root =
        hn::IfThenZeroElse(hn::Ge(unbounded, bound), hn::Mul(hn::Mul(row_gradient, g), slope));
    hn::Store(part.Keep(i, grad_root), d, delta[1] + at);
  }
};

struct GaussianLanes {
  template <class Part, class Visit>
  static HWY_INLINE void Select(const LikelihoodConfig& config, const Visit& visit) {
    if (config.gaussian.mean_link == MeanLink::kIdentity) {
      visit.template operator()<GaussianForm<true>, Part>();
    } else {
      visit.template operator()<GaussianForm<false>, Part>();
    }
  }
};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
