#pragma once

namespace spvae {

struct LikelihoodInfo;

struct OrdinalConfig {};

/// A discretised logistic distribution on learned cut points: p(v) = σ(a(c_{v+1} − f)) −
/// σ(a(c_v − f)), v in 0 … 255, c_0 = −∞, c_256 = ∞, with location f and inverse scale
/// a = exp(min(2 − g, 8)). The cut points c_1 < … < c_255 are shared by all pixels: c_1 and 254
/// gaps between one and the next, (0.01 + softplus(parameter))/255, which start as wide as a grey
/// level. The floor keeps mass on values that no training image has.
LikelihoodInfo ordinal_likelihood();

}  // namespace spvae
