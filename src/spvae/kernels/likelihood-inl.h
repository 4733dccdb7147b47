// log p(x | z) of a tile and its gradient with respect to the decoders' outputs.
#if defined(SPVAE_KERNELS_LIKELIHOOD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_LIKELIHOOD_INL_H_
#undef SPVAE_KERNELS_LIKELIHOOD_INL_H_
#else
#define SPVAE_KERNELS_LIKELIHOOD_INL_H_
#endif

#include <limits>

#include "spvae/kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

inline constexpr float kHalfLog2Pi = 0.918938533f;
inline constexpr float kLogitBound = 16.118f;  // Binomial: p in [1e-7, 1 − 1e-7]
inline constexpr float kMaxLogScale = 8.0f;    // logistic: a = exp(min(2 − g, 8))
inline constexpr float kLogScaleOffset = 2.0f;
inline constexpr float kHalfBin = 1.0f / 510.0f;        // logistic: half of a grey level
inline constexpr float kLogTwoHalfBins = -5.54126355f;  // log(1/255)
inline constexpr float kLevels = 255.0f;

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

// Every likelihood: Value adds up one lane vector's log p over the D pixels that take part;
// Gradient turns head outputs (in place) into deltas, 0 where a pixel does not. out0, out1: outputs
// of the heads, [D][kTile]; x: pixels.
template <bool kIdentity>
struct Gaussian {
  static HWY_INLINE Float Mean(Float f) { return kIdentity ? f : Sigmoid(f); }
  static HWY_INLINE Float Bound(const Leaf& leaf) {
    const float none = std::numeric_limits<float>::infinity();
    return Constant(leaf.max_precision > 0 ? leaf.max_precision : none);
  }
  // In this order a precision that is not a number stays so.
  static HWY_INLINE Float Bounded(Float bound, Float precision) {
    return hn::Min(bound, precision);
  }

  template <class Part>
  static HWY_INLINE Float Value(Part part, const float* HWY_RESTRICT x,
                                const float* HWY_RESTRICT out0, const float* HWY_RESTRICT out1,
                                const Leaf& leaf) {
    const FloatTag d;
    const int pixels = leaf.pixels;
    const Float one = Constant(1.0f);
    const Float bound = Bound(leaf);
    LogProduct precisions;
    Float squares = hn::Zero(d);
    for (int i = 0; i < pixels; ++i) {
      const Float g = hn::Load(d, out1 + i * kTile);
      const Float error =
          part.Keep(i, hn::Sub(hn::Load(d, x + i * kTile), Mean(hn::Load(d, out0 + i * kTile))));
      const Float precision = part.KeepOrOne(i, Bounded(bound, hn::MulAdd(g, g, one)));
      precisions.Multiply(precision);
      if (i % 2 == 1) precisions.Normalise();
      squares = hn::MulAdd(hn::Mul(precision, error), error, squares);
    }
    const Float half = hn::Mul(Constant(0.5f), hn::Sub(precisions.Logarithm(), squares));
    return hn::Sub(half, hn::Mul(Constant(kHalfLog2Pi), part.Count(pixels)));
  }

  template <class Part>
  static HWY_INLINE void Gradient(Part part, const float* HWY_RESTRICT x,
                                  const float* HWY_RESTRICT out0, const float* HWY_RESTRICT out1,
                                  Float row_gradient, const Leaf& leaf, float* HWY_RESTRICT delta0,
                                  float* HWY_RESTRICT delta1) {
    const FloatTag d;
    const int pixels = leaf.pixels;
    const Float one = Constant(1.0f);
    const Float bound = Bound(leaf);
    for (int i = 0; i < pixels; ++i) {
      const Float g = hn::Load(d, out1 + i * kTile);
      const Float mean = Mean(hn::Load(d, out0 + i * kTile));
      const Float error = hn::Sub(hn::Load(d, x + i * kTile), mean);
      const Float unbounded = hn::MulAdd(g, g, one);
      const Float precision = Bounded(bound, unbounded);
      Float grad_mean = hn::Mul(hn::Mul(row_gradient, precision), error);
      if constexpr (!kIdentity) {
        grad_mean = hn::Mul(grad_mean, hn::NegMulAdd(mean, mean, mean));
      }
      const Float slope = hn::NegMulAdd(error, error, hn::Div(one, precision));
      hn::Store(part.Keep(i, grad_mean), d, delta0 + i * kTile);
      const Float grad_root =
          hn::IfThenZeroElse(hn::Ge(unbounded, bound), hn::Mul(hn::Mul(row_gradient, g), slope));
      hn::Store(part.Keep(i, grad_root), d, delta1 + i * kTile);
    }
  }
};

// log C(255, v) is the caller's constant; the rest is v·f − 255·softplus(f).
struct Binomial {
  template <class Part>
  static HWY_INLINE Float Value(Part part, const float* HWY_RESTRICT x,
                                const float* HWY_RESTRICT out0, const float*, const Leaf& leaf) {
    const FloatTag d;
    const int pixels = leaf.pixels;
    const Float bound = Constant(kLogitBound);
    Float sum = hn::Zero(d);
    for (int i = 0; i < pixels; ++i) {
      const Float f = hn::Min(bound, hn::Max(hn::Neg(bound), hn::Load(d, out0 + i * kTile)));
      const Float v = hn::Round(hn::Mul(Constant(kLevels), hn::Load(d, x + i * kTile)));
      // softplus(−|f|) keeps the cancellation of v·f against 255·softplus(f) out of float32.
      const Float tail = Softplus(hn::Neg(hn::Abs(f)));
      const Float misses = hn::IfThenElse(hn::Lt(f, hn::Zero(d)), v, hn::Sub(Constant(kLevels), v));
      sum = hn::NegMulAdd(part.Keep(i, misses), hn::Abs(f), sum);
      sum = hn::NegMulAdd(part.Keep(i, Constant(kLevels)), tail, sum);
    }
    return sum;
  }

  template <class Part>
  static HWY_INLINE void Gradient(Part part, const float* HWY_RESTRICT x,
                                  const float* HWY_RESTRICT out0, const float*, Float row_gradient,
                                  const Leaf& leaf, float* HWY_RESTRICT delta0, float*) {
    const FloatTag d;
    const int pixels = leaf.pixels;
    for (int i = 0; i < pixels; ++i) {
      const Float f = hn::Load(d, out0 + i * kTile);
      const Float v = hn::Round(hn::Mul(Constant(kLevels), hn::Load(d, x + i * kTile)));
      const Float slope = hn::NegMulAdd(Constant(kLevels), Sigmoid(f), v);
      const Float grad = hn::IfThenElseZero(hn::Le(hn::Abs(f), Constant(kLogitBound)), slope);
      hn::Store(part.Keep(i, hn::Mul(row_gradient, grad)), d, delta0 + i * kTile);
    }
  }
};

// Discretised logistic: log p = log σ(u) + log σ(−l) + log(1 − e^−2ah) between the edges, u, l =
// a(x − f ± h), since σ(u) − σ(l) = σ(u)·σ(−l)·(1 − e^(l − u)).
struct Logistic {
  struct Pixel {
    Float a, u, l;                         // inverse scale, upper and lower edge
    Float exp_u, exp_l;                    // e^−|u|, e^−|l|
    Float log_scale;                       // log a
    Float width;                           // 2ah
    Float share;                           // (1 − e^−width)/width: no underflow where a vanishes
    hn::Mask<FloatTag> first, last, free;  // v = 0, v = 255, a's exponent not bounded
  };

  template <class Part>
  static HWY_INLINE Pixel Evaluate(Part part, int i, const float* HWY_RESTRICT x,
                                   const float* HWY_RESTRICT out0, const float* HWY_RESTRICT out1) {
    const FloatTag d;
    Pixel p;
    const Float value = hn::Load(d, x + i * kTile);
    const Float f = hn::Load(d, out0 + i * kTile);
    const Float log_scale = hn::Sub(Constant(kLogScaleOffset), hn::Load(d, out1 + i * kTile));
    p.free = hn::Lt(log_scale, Constant(kMaxLogScale));
    p.log_scale = hn::Min(Constant(kMaxLogScale), log_scale);
    p.a = Exp(p.log_scale);
    const Float distance = hn::Sub(value, f);
    p.u = hn::Mul(p.a, hn::Add(distance, Constant(kHalfBin)));
    p.l = hn::Mul(p.a, hn::Sub(distance, Constant(kHalfBin)));
    p.exp_u = ExpOfMinusAbs(p.u);
    p.exp_l = ExpOfMinusAbs(p.l);
    p.width = hn::Mul(p.a, Constant(2.0f * kHalfBin));
    p.share = OneMinusExpOverArgument(p.width);
    p.first = hn::Lt(value, Constant(kHalfBin));
    p.last = hn::Gt(value, Constant(1.0f - kHalfBin));
    if constexpr (!Part::kIsComplete) {  // a bin that reaches both ways has mass 1
      p.first = hn::Or(p.first, part.Missing(i));
      p.last = hn::Or(p.last, part.Missing(i));
    }
    return p;
  }

  template <class Part>
  static HWY_INLINE Float Value(Part part, const float* HWY_RESTRICT x,
                                const float* HWY_RESTRICT out0, const float* HWY_RESTRICT out1,
                                const Leaf& leaf) {
    const FloatTag d;
    const int pixels = leaf.pixels;
    const Float zero = hn::Zero(d);
    const Float one = Constant(1.0f);
    LogProduct tails;   // Π (1 + e^−|u|)(1 + e^−|l|), each in [1, 4]
    LogProduct shares;  // Π (1 − e^−width)/width
    Float linear = zero;
    Float log_widths = zero;
    for (int i = 0; i < pixels; ++i) {
      const Pixel p = Evaluate(part, i, x, out0, out1);
      // −log σ(u) = max(−u, 0) + log(1 + e^−|u|); the edges lack one of the two sides.
      const Float upper = hn::IfThenZeroElse(p.last, hn::Max(zero, hn::Neg(p.u)));
      const Float lower = hn::IfThenZeroElse(p.first, hn::Max(zero, p.l));
      linear = hn::Add(linear, hn::Add(upper, lower));
      const Float exp_u = hn::IfThenZeroElse(p.last, p.exp_u);
      const Float exp_l = hn::IfThenZeroElse(p.first, p.exp_l);
      tails.Multiply(hn::Mul(hn::Add(one, exp_u), hn::Add(one, exp_l)));
      const auto edge = hn::Or(p.first, p.last);
      shares.Multiply(hn::IfThenElse(edge, one, p.share));
      log_widths = hn::Add(
          log_widths, hn::IfThenZeroElse(edge, hn::Add(p.log_scale, Constant(kLogTwoHalfBins))));
      if (i % 2 == 1) {
        tails.Normalise();
        shares.Normalise();
      }
    }
    const Float logarithms = hn::Sub(shares.Logarithm(), tails.Logarithm());
    return hn::Add(logarithms, hn::Sub(log_widths, linear));
  }

  template <class Part>
  static HWY_INLINE void Gradient(Part part, const float* HWY_RESTRICT x,
                                  const float* HWY_RESTRICT out0, const float* HWY_RESTRICT out1,
                                  Float row_gradient, const Leaf& leaf, float* HWY_RESTRICT delta0,
                                  float* HWY_RESTRICT delta1) {
    const FloatTag d;
    const int pixels = leaf.pixels;
    const Float zero = hn::Zero(d);
    const Float one = Constant(1.0f);
    for (int i = 0; i < pixels; ++i) {
      const Pixel p = Evaluate(part, i, x, out0, out1);
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
      const Float grad_scale =
          hn::Neg(hn::MulAdd(grad_u, p.u, hn::MulAdd(grad_l, p.l, grad_width)));
      hn::Store(hn::Mul(row_gradient, grad_location), d, delta0 + i * kTile);
      hn::Store(hn::IfThenElseZero(p.free, hn::Mul(row_gradient, grad_scale)), d,
                delta1 + i * kTile);
    }
  }
};

template <class Part, class Visit>
HWY_INLINE void VisitLikelihoodOf(const Leaf& leaf, const Visit& visit) {
  switch (leaf.likelihood) {
    case Likelihood::kGaussian:
      if (leaf.identity_mean) {
        visit.template operator()<Gaussian<true>, Part>();
      } else {
        visit.template operator()<Gaussian<false>, Part>();
      }
      break;
    case Likelihood::kBinomial:
      visit.template operator()<Binomial, Part>();
      break;
    case Likelihood::kLogistic:
      visit.template operator()<Logistic, Part>();
      break;
  }
}

// Calls visit with the leaf's likelihood, the kernels' table of likelihoods, and with Complete, or
// Observed where `observed` is not null.
template <class Visit>
HWY_INLINE void VisitLikelihood(const Leaf& leaf, const float* observed, const Visit& visit) {
  if (observed == nullptr) {
    VisitLikelihoodOf<Complete>(leaf, visit);
  } else {
    VisitLikelihoodOf<Observed>(leaf, visit);
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
