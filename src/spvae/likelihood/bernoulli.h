#pragma once

namespace spvae {

struct LikelihoodInfo;

struct BernoulliConfig {};

/// The binomial of one trial, of black and white pixels: log p = v·f − softplus(f), v in {0, 1}.
LikelihoodInfo bernoulli_likelihood();

}  // namespace spvae
