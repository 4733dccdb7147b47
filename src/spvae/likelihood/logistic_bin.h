#pragma once

namespace spvae {

/// What the likelihoods that cut a logistic distribution into bins have in common, in double
/// (logistic_bin-inl.h has the lanes). The logistic has location f and inverse scale
/// a = exp(min(2 − g, 8)).
double inverse_scale(double g);

/// x with P(X ≤ x) = u.
double logistic_quantile(double u, double f, double g);

/// Where a bin lies. The first one reaches down to −∞, the last one up to ∞.
struct LogisticBin {
  double lower;
  double upper;
  double width;  ///< upper − lower, on its own: the difference of two large sums would cancel
  bool is_first;
  bool is_last;
};

/// The bin of an 8-bit value v: v/255 and half a grey level to each side.
LogisticBin grey_bin(int v);

/// log of the bin's mass, which is σ(u) − σ(l) = σ(u) σ(−l) (1 − e^(−a·width)) with
/// u = a(upper − f), l = a(lower − f).
struct LogisticTerm {
  double value = 0;
  double magnitude = 0;      ///< as PixelLogLikelihood::magnitude
  double grad_location = 0;  ///< d value / d f
  double grad_scale = 0;     ///< d value / d g
  double grad_lower = 0;
  double grad_upper = 0;
  double grad_width = 0;
};

LogisticTerm logistic_term(const LogisticBin& bin, double f, double g);

/// x = v/255 whose grey bin holds logistic_quantile(u, f, g), u in [0, 1].
double grey_quantile(double u, double f, double g);

/// Mean of x = v/255, the mass of v being that of its grey bin.
double grey_mean(double f, double g);

}  // namespace spvae
