// The lanes of the Bernoulli.
#if defined(SPVAE_LIKELIHOOD_BERNOULLI_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_BERNOULLI_INL_H_
#undef SPVAE_LIKELIHOOD_BERNOULLI_INL_H_
#else
#define SPVAE_LIKELIHOOD_BERNOULLI_INL_H_
#endif

#include "spvae/likelihood/binomial-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

using BernoulliLanes = BinomialOf<1>;

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
