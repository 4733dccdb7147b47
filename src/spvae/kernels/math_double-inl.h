// exp and log in double precision. Included once for each target; see kernels.cpp.

#if defined(SPVAE_KERNELS_MATH_DOUBLE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_MATH_DOUBLE_INL_H_
#undef SPVAE_KERNELS_MATH_DOUBLE_INL_H_
#else
#define SPVAE_KERNELS_MATH_DOUBLE_INL_H_
#endif

#include <cstddef>
#include <cstdint>
#include <limits>

#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// ln 2 in two parts; the first has 32 trailing zero bits, so that its multiples are exact.
inline constexpr double kDoubleLn2High = 0x1.62e42feep-1;
inline constexpr double kDoubleLn2Low = 1.90821492927058770002e-10;

/// Domain and error: kMaxUlpsExp. x = n·ln 2 + r, |r| ≤ ln 2 / 2; e^r = 1 + r + r²·q(r) with q
/// minimax, relative error 1.3e-17; n is added to the exponent.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V ExpDouble(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  // Adding it rounds to an integer and leaves n + 1023 in the low bits of the mantissa.
  const V shift = hn::Set(d, 0x1.8p52 + 1023);
  const V shifted = hn::MulAdd(x, hn::Set(d, 1.44269504088896340736), shift);
  const V n = hn::Sub(shifted, shift);
  const V r =
      hn::NegMulAdd(n, hn::Set(d, kDoubleLn2Low), hn::NegMulAdd(n, hn::Set(d, kDoubleLn2High), x));
  V q = hn::Set(d, 2.51100918207579712e-8);
  q = hn::MulAdd(q, r, hn::Set(d, 2.76201388585510959e-7));
  q = hn::MulAdd(q, r, hn::Set(d, 2.75572422129886485e-6));
  q = hn::MulAdd(q, r, hn::Set(d, 0.000024801521189798272));
  q = hn::MulAdd(q, r, hn::Set(d, 0.000198412698867124158));
  q = hn::MulAdd(q, r, hn::Set(d, 0.00138888889172823032));
  q = hn::MulAdd(q, r, hn::Set(d, 0.00833333333332216448));
  q = hn::MulAdd(q, r, hn::Set(d, 0.0416666666666239892));
  q = hn::MulAdd(q, r, hn::Set(d, 0.166666666666666746));
  q = hn::MulAdd(q, r, hn::Set(d, 0.500000000000000103));
  const V y = hn::Add(hn::MulAdd(hn::Mul(r, r), q, r), hn::Set(d, 1.0));
  const V power = hn::BitCast(d, hn::ShiftLeft<52>(hn::BitCast(du, shifted)));
  return hn::IfThenZeroElse(hn::Lt(x, hn::Set(d, -708.0)), hn::Mul(y, power));
}

/// Domain and error: kMaxUlpsLog. x = 2^e·(1 + f), 1 + f in [√½, √2); with s = f / (2 + f),
/// log(1 + f) = 2·atanh(s) = f − f²/2 + s·(f²/2 + R), R = s²·p(s²) minimax, error 5e-18.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V LogDouble(D d, V x) {
  const hn::RebindToUnsigned<D> du;
  constexpr std::uint64_t kOne = 0x3ff0000000000000;
  constexpr std::uint64_t kRootHalf = 0x3fe6a09e667f3bcd;
  const auto bits = hn::Add(hn::BitCast(du, x), hn::Set(du, kOne - kRootHalf));
  const auto mantissa =
      hn::Add(hn::And(bits, hn::Set(du, 0x000fffffffffffff)), hn::Set(du, kRootHalf));
  // The exponent, still biased, in the low bits of a number from 2^52.
  const auto exponent = hn::Or(hn::ShiftRight<52>(bits), hn::Set(du, 0x4330000000000000));
  const V e = hn::Sub(hn::BitCast(d, exponent), hn::Set(d, 0x1p52 + 1023));

  const V f = hn::Sub(hn::BitCast(d, mantissa), hn::Set(d, 1.0));
  const V s = hn::Div(f, hn::Add(f, hn::Set(d, 2.0)));
  const V z = hn::Mul(s, s);
  V p = hn::Set(d, 0.146190961670123895);
  p = hn::MulAdd(p, z, hn::Set(d, 0.153314977842428673));
  p = hn::MulAdd(p, z, hn::Set(d, 0.181828962087909578));
  p = hn::MulAdd(p, z, hn::Set(d, 0.22222211031708058));
  p = hn::MulAdd(p, z, hn::Set(d, 0.285714286266517308));
  p = hn::MulAdd(p, z, hn::Set(d, 0.39999999999897888));
  p = hn::MulAdd(p, z, hn::Set(d, 0.666666666666666975));
  const V half_square = hn::Mul(hn::Mul(hn::Set(d, 0.5), f), f);
  const V tail =
      hn::MulAdd(s, hn::MulAdd(p, z, half_square), hn::Mul(e, hn::Set(d, kDoubleLn2Low)));
  const V y = hn::MulAdd(e, hn::Set(d, kDoubleLn2High), hn::Sub(f, hn::Sub(half_square, tail)));

  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const V finite = hn::IfThenElse(hn::Lt(x, hn::Set(d, kInfinity)), y, x);
  return hn::IfThenElse(hn::Lt(x, hn::Set(d, std::numeric_limits<double>::min())),
                        hn::Set(d, -kInfinity), finite);
}

/// out[i] = exp(in[i]), i < count; count is a multiple of kCircuitLanes, in may be out.
inline void ExpArray(const double* in, double* out, std::size_t count) {
  const hn::CappedTag<double, kCircuitLanes> d;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    hn::StoreU(ExpDouble(d, hn::LoadU(d, in + i)), d, out + i);
  }
}

/// As ExpArray.
inline void LogArray(const double* in, double* out, std::size_t count) {
  const hn::CappedTag<double, kCircuitLanes> d;
  for (std::size_t i = 0; i < count; i += hn::Lanes(d)) {
    hn::StoreU(LogDouble(d, hn::LoadU(d, in + i)), d, out + i);
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // SPVAE_KERNELS_MATH_DOUBLE_INL_H_
