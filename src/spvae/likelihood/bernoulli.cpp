#include "spvae/likelihood/bernoulli.h"

#include "spvae/likelihood/likelihood.h"

namespace spvae {

LikelihoodInfo bernoulli_likelihood() {
  LikelihoodInfo info = binomial_likelihood();
  info.name = "bernoulli";
  info.pixels = "black and white";
  info.values = [](const LikelihoodConfig&) { return 2; };
  info.log_constant = nullptr;  // log C(1, v) = 0
  return info;
}

}  // namespace spvae
