// The lanes of every likelihood, chosen when the program runs.
#if defined(SPVAE_LIKELIHOOD_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_LIKELIHOOD_LANES_INL_H_
#undef SPVAE_LIKELIHOOD_LANES_INL_H_
#else
#define SPVAE_LIKELIHOOD_LANES_INL_H_
#endif

#include "spvae/likelihood/bernoulli-inl.h"
#include "spvae/likelihood/binomial-inl.h"
#include "spvae/likelihood/categorical-inl.h"
#include "spvae/likelihood/gaussian-inl.h"
#include "spvae/likelihood/logistic-inl.h"
#include "spvae/likelihood/mixture-inl.h"
#include "spvae/likelihood/ordinal-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

template <class Part, class Visit>
HWY_INLINE void SelectLikelihood(const LikelihoodConfig& config, const Visit& visit) {
  switch (config.kind) {
#define SPVAE_CASE(Name, name)                         \
  case Likelihood::k##Name:                            \
    Name##Lanes::template Select<Part>(config, visit); \
    break;
    SPVAE_LIKELIHOODS(SPVAE_CASE)
#undef SPVAE_CASE
  }
}

// Calls visit with the lanes of a likelihood, and with Complete, or Observed where `observed` is
// not null.
template <class Visit>
HWY_INLINE void VisitLikelihood(const LikelihoodConfig& config, const float* observed,
                                const Visit& visit) {
  if (observed == nullptr) {
    SelectLikelihood<Complete>(config, visit);
  } else {
    SelectLikelihood<Observed>(config, visit);
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
