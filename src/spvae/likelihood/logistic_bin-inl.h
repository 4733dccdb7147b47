// The lanes of likelihoods that cut a logistic distribution into bins: log p = log σ(u) + log σ(−l)
// + log(1 − e^−aw) with u, l = a(edge − f) of the upper and lower edge, w the bin's width.
#if defined(SPVAE_LIKELIHOOD_LOGISTIC_BIN_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_LOGISTIC_BIN_INL_H_
#undef SPVAE_LIKELIHOOD_LOGISTIC_BIN_INL_H_
#else
#define SPVAE_LIKELIHOOD_LOGISTIC_BIN_INL_H_
#endif

#include "spvae/likelihood/part-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

inline constexpr float kMaxLogScale = 8.0f;  // a = exp(min(2 − g, 8))
inline constexpr float kLogScaleOffset = 2.0f;

// Bins of a pixel: where its edges are from the location f, and how wide the bin is.
template <class Bins>
struct LogisticBinLanes {
  struct Pixel {
    Float a, u, l;                         // inverse scale, upper and lower edge
    Float exp_u, exp_l;                    // e^−|u|, e^−|l|
    Float log_scale;                       // log a
    Float log_width;                       // of the bin
    Float width;                           // a·w
    Float share;                           // (1 − e^−width)/width: no underflow where a vanishes
    hn::Mask<FloatTag> first, last, free;  // of the bins; a's exponent not bounded
  };

  template <class Part>
  static HWY_INLINE Pixel Evaluate(Part part, const LikelihoodLanes& of, int i, Float value,
                                   Float f, Float g) {
    Pixel p;
    const Float log_scale = hn::Sub(Constant(kLogScaleOffset), g);
    p.free = hn::Lt(log_scale, Constant(kMaxLogScale));
    p.log_scale = hn::Min(Constant(kMaxLogScale), log_scale);
    p.a = Exp(p.log_scale);
    const Bins bin(of, value);
    p.u = hn::Mul(p.a, bin.UpperFrom(f));
    p.l = hn::Mul(p.a, bin.LowerFrom(f));
    p.exp_u = ExpOfMinusAbs(p.u);
    p.exp_l = ExpOfMinusAbs(p.l);
    p.log_width = bin.LogWidth();
    p.width = hn::Mul(p.a, bin.Width());
    p.share = OneMinusExpOverArgument(p.width);
    p.first = bin.IsFirst();
    p.last = bin.IsLast();
    if constexpr (!Part::kIsComplete) {  // a bin that reaches both ways has mass 1
      p.first = hn::Or(p.first, part.Missing(i));
      p.last = hn::Or(p.last, part.Missing(i));
    }
    return p;
  }

  template <class Part>
  static HWY_INLINE Float Value(Part part, const LikelihoodLanes& of, const float* HWY_RESTRICT x,
                                const float* const* out, int lane) {
    const FloatTag d;
    const float* HWY_RESTRICT out0 = out[0] + lane;
    const float* HWY_RESTRICT out1 = out[1] + lane;
    const Float zero = hn::Zero(d);
    const Float one = Constant(1.0f);
    LogProduct tails;   // Π (1 + e^−|u|)(1 + e^−|l|), each in [1, 4]
    LogProduct shares;  // Π (1 − e^−width)/width
    Float linear = zero;
    Float log_widths = zero;
    for (int i = 0; i < of.pixels; ++i) {
      const Pixel p = Evaluate(part, of, i, hn::Load(d, x + i * kTile),
                               hn::Load(d, out0 + i * kTile), hn::Load(d, out1 + i * kTile));
      // −log σ(u) = max(−u, 0) + log(1 + e^−|u|); the edges lack one of the two sides.
      const Float upper = hn::IfThenZeroElse(p.last, hn::Max(zero, hn::Neg(p.u)));
      const Float lower = hn::IfThenZeroElse(p.first, hn::Max(zero, p.l));
      linear = hn::Add(linear, hn::Add(upper, lower));
      const Float exp_u = hn::IfThenZeroElse(p.last, p.exp_u);
      const Float exp_l = hn::IfThenZeroElse(p.first, p.exp_l);
      tails.Multiply(hn::Mul(hn::Add(one, exp_u), hn::Add(one, exp_l)));
      const auto edge = hn::Or(p.first, p.last);
      shares.Multiply(hn::IfThenElse(edge, one, p.share));
      log_widths = hn::Add(log_widths, hn::IfThenZeroElse(edge, hn::Add(p.log_scale, p.log_width)));
      if (i % 2 == 1) {
        tails.Normalise();
        shares.Normalise();
      }
    }
    const Float logarithms = hn::Sub(shares.Logarithm(), tails.Logarithm());
    return hn::Add(logarithms, hn::Sub(log_widths, linear));
  }

  template <class Part>
  static HWY_INLINE void Gradient(Part part, const LikelihoodLanes& of, int i,
                                  const float* HWY_RESTRICT x, const float* const* out,
                                  float* const* delta, int lane, Float row_gradient,
                                  float* table_gradient) {
    const FloatTag d;
    const Float zero = hn::Zero(d);
    const Float one = Constant(1.0f);
    const int at = i * kTile + lane;
    const Pixel p = Evaluate(part, of, i, hn::Load(d, x + i * kTile), hn::Load(d, out[0] + at),
                             hn::Load(d, out[1] + at));
    // d log σ(u)/du = σ(−u), d log σ(−l)/dl = −σ(l).
    const Float sigma_u =
        hn::Div(hn::IfThenElse(hn::Lt(p.u, zero), one, p.exp_u), hn::Add(one, p.exp_u));
    const Float sigma_l =
        hn::Div(hn::IfThenElse(hn::Lt(p.l, zero), p.exp_l, one), hn::Add(one, p.exp_l));
    const Float grad_u = hn::IfThenZeroElse(p.last, sigma_u);
    const Float grad_l = hn::IfThenZeroElse(p.first, hn::Neg(sigma_l));
    // width · d log(1 − e^−width)/d width
    const Float grad_width = hn::IfThenZeroElse(
        hn::Or(p.first, p.last), hn::Div(hn::NegMulAdd(p.width, p.share, one), p.share));
    const Float grad_location = hn::Mul(hn::Neg(p.a), hn::Add(grad_u, grad_l));
    // d/dg = −a·d/da
    const Float grad_scale = hn::Neg(hn::MulAdd(grad_u, p.u, hn::MulAdd(grad_l, p.l, grad_width)));
    hn::Store(hn::Mul(row_gradient, grad_location), d, delta[0] + at);
    hn::Store(hn::IfThenElseZero(p.free, hn::Mul(row_gradient, grad_scale)), d, delta[1] + at);
    if constexpr (Bins::kTableGradients > 0) {
      Bins(of, hn::Load(d, x + i * kTile))
          .StoreGradients(row_gradient, p.a, grad_u, grad_l, grad_width, table_gradient);
    }
  }
};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
