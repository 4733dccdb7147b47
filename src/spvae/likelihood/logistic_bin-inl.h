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
  static HWY_INLINE Pixel Evaluate(Part part, const LikelihoodLanes& of, int i, const float* x,
                                   Float f, Float g) {
    Pixel p;
    const Float log_scale = hn::Sub(Constant(kLogScaleOffset), g);
    p.free = hn::Lt(log_scale, Constant(kMaxLogScale));
    p.log_scale = hn::Min(Constant(kMaxLogScale), log_scale);
    p.a = Exp(p.log_scale);
    const Bins bin(of, i, x);
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

  // What log p of a pixel is: log(share/tails) + log_width − linear.
  struct Mass {
    Float tails;   // (1 + e^−|u|)(1 + e^−|l|), in [1, 4]
    Float share;   // (1 − e^−width)/width
    Float linear;  // max(−u, 0) + max(l, 0)
    Float log_width;
  };

  static HWY_INLINE Mass MassOf(const Pixel& p) {
    const Float zero = hn::Zero(FloatTag());
    const Float one = Constant(1.0f);
    // −log σ(u) = max(−u, 0) + log(1 + e^−|u|); the edges lack one of the two sides.
    const Float upper = hn::IfThenZeroElse(p.last, hn::Max(zero, hn::Neg(p.u)));
    const Float lower = hn::IfThenZeroElse(p.first, hn::Max(zero, p.l));
    const Float exp_u = hn::IfThenZeroElse(p.last, p.exp_u);
    const Float exp_l = hn::IfThenZeroElse(p.first, p.exp_l);
    const auto edge = hn::Or(p.first, p.last);
    return {.tails = hn::Mul(hn::Add(one, exp_u), hn::Add(one, exp_l)),
            .share = hn::IfThenElse(edge, one, p.share),
            .linear = hn::Add(upper, lower),
            .log_width = hn::IfThenZeroElse(edge, hn::Add(p.log_scale, p.log_width))};
  }

  // d log p by edges (times 1/a), width (times the width), location and scale.
  struct Slopes {
    Float u, l, width, location, scale;
  };

  static HWY_INLINE Slopes SlopesOf(const Pixel& p) {
    const Float zero = hn::Zero(FloatTag());
    const Float one = Constant(1.0f);
    Slopes grad;
    // d log σ(u)/du = σ(−u), d log σ(−l)/dl = −σ(l).
    const Float sigma_u =
        hn::Div(hn::IfThenElse(hn::Lt(p.u, zero), one, p.exp_u), hn::Add(one, p.exp_u));
    const Float sigma_l =
        hn::Div(hn::IfThenElse(hn::Lt(p.l, zero), p.exp_l, one), hn::Add(one, p.exp_l));
    grad.u = hn::IfThenZeroElse(p.last, sigma_u);
    grad.l = hn::IfThenZeroElse(p.first, hn::Neg(sigma_l));
    // width · d log(1 − e^−width)/d width
    grad.width = hn::IfThenZeroElse(hn::Or(p.first, p.last),
                                    hn::Div(hn::NegMulAdd(p.width, p.share, one), p.share));
    grad.location = hn::Mul(hn::Neg(p.a), hn::Add(grad.u, grad.l));
    // d/dg = −a·d/da
    grad.scale = hn::IfThenElseZero(
        p.free, hn::Neg(hn::MulAdd(grad.u, p.u, hn::MulAdd(grad.l, p.l, grad.width))));
    return grad;
  }

  template <class Part>
  static HWY_INLINE Float Value(Part part, const LikelihoodLanes& of, const float* HWY_RESTRICT x,
                                const float* const* out, int lane) {
    const FloatTag d;
    const float* HWY_RESTRICT out0 = out[0] + lane;
    const float* HWY_RESTRICT out1 = out[1] + lane;
    LogProduct tails;
    LogProduct shares;
    Float linear = hn::Zero(d);
    Float log_widths = hn::Zero(d);
    for (int i = 0; i < of.pixels; ++i) {
      const Mass mass = MassOf(
          Evaluate(part, of, i, x, hn::Load(d, out0 + i * kTile), hn::Load(d, out1 + i * kTile)));
      linear = hn::Add(linear, mass.linear);
      tails.Multiply(mass.tails);
      shares.Multiply(mass.share);
      log_widths = hn::Add(log_widths, mass.log_width);
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
    const int at = i * kTile + lane;
    const Pixel p = Evaluate(part, of, i, x, hn::Load(d, out[0] + at), hn::Load(d, out[1] + at));
    const Slopes grad = SlopesOf(p);
    hn::Store(hn::Mul(row_gradient, grad.location), d, delta[0] + at);
    hn::Store(hn::Mul(row_gradient, grad.scale), d, delta[1] + at);
    if constexpr (Bins::kTableGradients > 0) {
      Bins(of, i, x).StoreGradients(row_gradient, p.a, grad.u, grad.l, grad.width, table_gradient);
    }
  }
};

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
