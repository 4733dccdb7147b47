#pragma once

/// Largest errors of the float32 functions in math-inl.h and random-inl.h, on targets with fused
/// multiply-add; the tests read the same numbers.
namespace spvae::kernels {

inline constexpr double kExpError = 2e-7;                 ///< relative, x in [−87, 88]
inline constexpr double kExpOfMinusAbsError = 2e-7;       ///< absolute
inline constexpr double kSoftplusError = 5e-7;            ///< relative, |x| ≤ 80
inline constexpr double kOneMinusExpOfMinusError = 8e-7;  ///< relative: 1 − e^−s, s ≥ 0
inline constexpr double kSigmoidError = 3e-7;             ///< absolute
inline constexpr double kLogError = 2e-7;          ///< of max(1, |log x|), x positive and normal
inline constexpr double kOneMinusExpError = 4e-7;  ///< relative: (1 − e^−y)/y, y ≥ 0
inline constexpr double kSinCosError = 2e-7;       ///< absolute
inline constexpr double kNormalError = 2e-6;       ///< absolute: Box-Muller

/// Largest multiple of these errors on targets without fused multiply-add.
inline constexpr double kErrorFactorWithoutFusedMultiplyAdd = 25;

}  // namespace spvae::kernels
