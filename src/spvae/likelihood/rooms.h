#pragma once

// One likelihood, one room: NAME.h (what it can be told), NAME.cpp (what it is, in double) and
// NAME-inl.h (its lanes). A new one is told to the program here and in lanes-inl.h.
#include "spvae/likelihood/bernoulli.h"
#include "spvae/likelihood/binomial.h"
#include "spvae/likelihood/categorical.h"
#include "spvae/likelihood/gaussian.h"
#include "spvae/likelihood/logistic.h"
#include "spvae/likelihood/mixture.h"
#include "spvae/likelihood/ordinal.h"

/// All likelihoods, in the order of the enumeration.
#define SPVAE_LIKELIHOODS(X)  \
  X(Gaussian, gaussian)       \
  X(Binomial, binomial)       \
  X(Logistic, logistic)       \
  X(Ordinal, ordinal)         \
  X(Bernoulli, bernoulli)     \
  X(Categorical, categorical) \
  X(Mixture, mixture)
