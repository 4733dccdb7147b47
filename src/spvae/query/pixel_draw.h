#pragma once

#include <cstdint>
#include <span>

#include "spvae/core/random.h"
#include "spvae/leaves/leaf_config.h"

namespace spvae {

/// One pixel drawn from p(x|z). heads: the decoder's outputs for this pixel, as many as
/// LikelihoodInfo::heads. Gaussian: a normal number, which may fall outside of [0, 1]. Discrete
/// likelihoods: v/255, v in 0 … 255, by inverting their distribution function. Uses dimensions
/// 2·pixel and 2·pixel + 1 of the address.
double draw_pixel(const LeafConfig& config, std::span<const double> heads,
                  const RandomAddress& address, std::uint32_t pixel);

/// The mean of p(x|z), exact also for the discretised logistic, whose ends gather its tails.
double mean_pixel(const LeafConfig& config, std::span<const double> heads);

}  // namespace spvae
