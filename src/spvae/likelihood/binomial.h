#pragma once

namespace spvae {

struct LikelihoodInfo;

struct BinomialConfig {};

/// Binomial(255, σ(f)) of v: log p = log C(255, v) + v·f − 255·softplus(f). The logit f is clamped
/// so that probabilities lie in [1e-7, 1 − 1e-7].
LikelihoodInfo binomial_likelihood();

}  // namespace spvae
