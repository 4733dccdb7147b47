#pragma once

namespace spvae {

struct LikelihoodInfo;

struct LogisticConfig {};

/// A logistic distribution with location f and inverse scale a = exp(min(2 − g, 8)), its mass in
/// the bin x ± h, h half a grey level. With u = a(x − f + h) and l = a(x − f − h) the mass is σ(u)
/// − σ(l), and the outer bins reach to infinity: log p = log σ(u) for v = 0, log σ(−l) for v = 255,
/// else log σ(u) + log σ(−l) + log(1 − e^(−2ah)), since σ(u) − σ(l) = σ(u) σ(−l) (1 − e^(l − u)).
LikelihoodInfo logistic_likelihood();

}  // namespace spvae
