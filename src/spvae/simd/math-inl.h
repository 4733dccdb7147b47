// Float32 functions of one vector; math_error.h states their largest errors, math_test.cpp checks.
// A NaN comes out as a NaN, except from Log, which looks at bits alone: x86's minimum and maximum
// return their second operand where either is a NaN, so a bound stands first.
// Polynomials are minimax fits; everything is written in multiply-adds, so that all targets with
// fused multiply-add give the same bits.
#if defined(SPVAE_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_SIMD_MATH_INL_H_
#undef SPVAE_SIMD_MATH_INL_H_
#else
#define SPVAE_SIMD_MATH_INL_H_
#endif

#include "hwy/highway.h"
#include "spvae/simd/tile.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using FloatTag = hn::ScalableTag<float>;
using IntTag = hn::ScalableTag<std::int32_t>;
using WordTag = hn::ScalableTag<std::uint32_t>;
using Float = hn::Vec<FloatTag>;
using Int = hn::Vec<IntTag>;
using Word = hn::Vec<WordTag>;

inline constexpr int kLanes = static_cast<int>(hn::MaxLanes(FloatTag()));
inline constexpr int kVectors = kTile / kLanes;  // of a tile's row
inline constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

HWY_INLINE Float Constant(float value) { return hn::Set(FloatTag(), value); }

// p(x) for coefficients of ascending powers, Horner's rule.
template <int kCount>
HWY_INLINE Float Polynomial(Float x, const float (&coefficients)[kCount]) {
  Float sum = Constant(coefficients[kCount - 1]);
#pragma GCC unroll 16
  for (int i = kCount - 2; i >= 0; --i) sum = hn::MulAdd(sum, x, Constant(coefficients[i]));
  return sum;
}

// Splits x/ln 2 into an integer and a remainder; adding 1.5·2^23 rounds to nearest, and the sum's
// low bits are the integer, ready to be shifted into an exponent.
inline constexpr float kRoundingShift = 0x1.8p23f;
inline constexpr float kLog2E = 0x1.715476p+0f;
inline constexpr float kLn2High = 0x1.62e43p-1f;
inline constexpr float kLn2Low = -0x1.05c610p-29f;

// value · 2^n, where n are the low bits of `shifted` = n + kRoundingShift.
HWY_INLINE Float ScaleByShifted(Float value, Float shifted) {
  const IntTag i;
  return hn::BitCast(FloatTag(),
                     hn::Add(hn::BitCast(i, value), hn::ShiftLeft<23>(hn::BitCast(i, shifted))));
}

// exp(x), x ≤ 88; 0 below −87.
HWY_INLINE Float Exp(Float x) {
  static constexpr float kCoefficients[] = {0x1p+0f,        0x1p+0f,        0x1.fffffap-2f,
                                            0x1.555408p-3f, 0x1.5558a0p-5f, 0x1.126e6ep-7f,
                                            0x1.6ab81cp-10f};
  const Float bounded = hn::Max(Constant(-87.0f), x);
  const Float shifted = hn::MulAdd(bounded, Constant(kLog2E), Constant(kRoundingShift));
  const Float n = hn::Sub(shifted, Constant(kRoundingShift));
  Float r = hn::NegMulAdd(n, Constant(kLn2High), bounded);
  r = hn::NegMulAdd(n, Constant(kLn2Low), r);
  const Float result = ScaleByShifted(Polynomial(r, kCoefficients), shifted);
  return hn::IfThenZeroElse(hn::Lt(x, Constant(-87.0f)), result);
}

inline constexpr float kExpBound = 87.0f;

// exp(−t) for t in [0, kExpBound].
HWY_INLINE Float ExpOfMinus(Float t) {
  static constexpr float kCoefficients[] = {0x1.000002p+0f,  -0x1.fffff6p-1f, 0x1.fffd14p-2f,
                                            -0x1.555a22p-3f, 0x1.5761p-5f,    -0x1.0fe494p-7f};
  const Float shifted = hn::NegMulAdd(t, Constant(kLog2E), Constant(kRoundingShift));
  const Float n = hn::Sub(shifted, Constant(kRoundingShift));
  const Float minus_r = hn::MulAdd(n, Constant(kLn2High), t);
  return ScaleByShifted(Polynomial(minus_r, kCoefficients), shifted);
}

// exp(−|x|) for |x| ≤ 87, exp(−87) beyond.
HWY_INLINE Float ExpOfMinusAbs(Float x) {
  return ExpOfMinus(hn::Min(Constant(kExpBound), hn::Abs(x)));
}

// 1 − e^−s for s ≥ 0, without cancellation: with −s = n·ln 2 + r, e^−s − 1 = 2^n (e^r − 1) + (2^n −
// 1).
HWY_INLINE Float OneMinusExpOfMinus(Float s) {
  static constexpr float kCoefficients[] = {0x1.fffffep-1f, 0x1.fffe5cp-2f, 0x1.5556bep-3f,
                                            0x1.570b58p-5f, 0x1.111114p-7f};
  const Float one = Constant(1.0f);
  const Float bounded = hn::Max(Constant(-87.0f), hn::Neg(s));
  const Float shifted = hn::MulAdd(bounded, Constant(kLog2E), Constant(kRoundingShift));
  const Float n = hn::Sub(shifted, Constant(kRoundingShift));
  const Float r = hn::NegMulAdd(n, Constant(kLn2High), bounded);
  const Float power = ScaleByShifted(one, shifted);
  return hn::NegMulAdd(hn::Mul(r, Polynomial(r, kCoefficients)), power, hn::Sub(one, power));
}

// softplus(x) = log(1 + e^x) = max(x, 0) + log1p(e^−|x|).
HWY_INLINE Float Softplus(Float x) {
  static constexpr float kLog1p[] = {0x1.fffffep-1f,  -0x1.fffeacp-2f, 0x1.553004p-2f,
                                     -0x1.fcc8c6p-3f, 0x1.874a7ep-3f,  -0x1.17d2bep-3f,
                                     0x1.4069d2p-4f,  -0x1.e369dcp-6f, 0x1.56edf8p-8f};
  // The bound as integers, off the units that multiply: bits of positive floats are in order. A NaN
  // gets lost here and comes through below.
  const IntTag i;
  const Float bounded = hn::BitCast(
      FloatTag(), hn::Min(hn::BitCast(i, hn::Abs(x)), hn::BitCast(i, Constant(kExpBound))));
  const Float e = ExpOfMinus(bounded);
  return hn::MulAdd(e, Polynomial(e, kLog1p), hn::Max(hn::Zero(FloatTag()), x));
}

// σ(x) = 1/(1 + e^−x).
HWY_INLINE Float Sigmoid(Float x) {
  const Float e = ExpOfMinusAbs(x);
  const Float one = Constant(1.0f);
  const Float numerator = hn::IfThenElse(hn::Lt(x, hn::Zero(FloatTag())), e, one);
  return hn::Div(numerator, hn::Add(one, e));
}

// The exponent (as a float) and the mantissa in [√½, √2) of a positive normal x.
HWY_INLINE Float SplitExponent(Float x, Float& mantissa) {
  const IntTag i;
  const Int bits = hn::BitCast(i, x);
  const Int offset = hn::Sub(bits, hn::Set(i, 0x3F3504F3));  // bits of √½
  const Int exponent = hn::ShiftRight<23>(offset);
  mantissa = hn::BitCast(FloatTag(), hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
  return hn::ConvertTo(FloatTag(), exponent);
}

// log(m) for m in [√½, √2).
HWY_INLINE Float LogOfMantissa(Float m) {
  static constexpr float kCoefficients[] = {0x1p+0f,         -0x1.fffff8p-2f, 0x1.555792p-2f,
                                            -0x1.000570p-2f, 0x1.98b748p-3f,  -0x1.5332a4p-3f,
                                            0x1.3238f0p-3f,  -0x1.263ba2p-3f, 0x1.654488p-4f};
  const Float f = hn::Sub(m, Constant(1.0f));
  return hn::Mul(f, Polynomial(f, kCoefficients));
}

// log(x) for positive normal x.
HWY_INLINE Float Log(Float x) {
  Float mantissa = x;
  const Float exponent = SplitExponent(x, mantissa);
  return hn::MulAdd(exponent, Constant(kLn2High),
                    hn::MulAdd(exponent, Constant(kLn2Low), LogOfMantissa(mantissa)));
}

// Σ log of factors with one logarithm: a running product whose exponent is set aside. Factors lie
// in [2^-60, 2^60]; two may be multiplied in between two calls of Normalise.
struct LogProduct {
  Float mantissa;
  Float exponent;

  HWY_INLINE LogProduct() : mantissa(Constant(1.0f)), exponent(hn::Zero(FloatTag())) {}
  HWY_INLINE void Multiply(Float factor) { mantissa = hn::Mul(mantissa, factor); }
  HWY_INLINE void Normalise() {
    Float rest = mantissa;
    exponent = hn::Add(exponent, SplitExponent(mantissa, rest));
    mantissa = rest;
  }
  HWY_INLINE Float Logarithm() {
    Normalise();
    return hn::MulAdd(exponent, Constant(kLn2High),
                      hn::MulAdd(exponent, Constant(kLn2Low), LogOfMantissa(mantissa)));
  }
};

// (1 − e^−y)/y for y ≥ 0, 1 at 0.
HWY_INLINE Float OneMinusExpOverArgument(Float y) {
  static constexpr float kCoefficients[] = {0x1p+0f,         -0x1.ffffbep-2f, 0x1.554ce8p-3f,
                                            -0x1.548930p-5f, 0x1.083054p-7f,  -0x1.0e08d0p-10f};
  const Float bound = Constant(0.6931f);
  const Float small = Polynomial(hn::Min(y, bound), kCoefficients);
  const Float large = hn::Div(hn::Sub(Constant(1.0f), ExpOfMinusAbs(y)), hn::Max(y, bound));
  return hn::IfThenElse(hn::Lt(y, bound), small, large);
}

// sin and cos of 2π·turns for turns in [0, 1).
HWY_INLINE void SinCosOfTurns(Float turns, Float& sine, Float& cosine) {
  static constexpr float kSine[] = {0x1.921fb6p+0f, -0x1.4abbb8p-1f, 0x1.465e92p-4f,
                                    -0x1.2d92e0p-8f};
  static constexpr float kCosine[] = {0x1p+0f, -0x1.3bd3ccp+0f, 0x1.03c1dcp-2f, -0x1.55c57ap-6f,
                                      0x1.d9c330p-11f};
  const FloatTag d;
  const WordTag w;
  const Float shifted = hn::MulAdd(turns, Constant(4.0f), Constant(kRoundingShift));
  const Float quarter = hn::Sub(shifted, Constant(kRoundingShift));
  const Float r = hn::MulAdd(turns, Constant(4.0f), hn::Neg(quarter));  // exact, in [−½, ½]
  const Float r2 = hn::Mul(r, r);
  const Float s = hn::Mul(r, Polynomial(r2, kSine));
  const Float c = Polynomial(r2, kCosine);
  const Word quadrant = hn::BitCast(w, shifted);
  const auto odd = hn::RebindMask(d, hn::TestBit(quadrant, hn::Set(w, 1)));
  const Word sine_sign = hn::ShiftLeft<30>(hn::And(quadrant, hn::Set(w, 2)));
  const Word cosine_sign =
      hn::ShiftLeft<30>(hn::And(hn::Add(quadrant, hn::Set(w, 1)), hn::Set(w, 2)));
  sine = hn::Xor(hn::IfThenElse(odd, c, s), hn::BitCast(d, sine_sign));
  cosine = hn::Xor(hn::IfThenElse(odd, s, c), hn::BitCast(d, cosine_sign));
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
