#pragma once

#include <span>

namespace spvae {

/// Mean difference of two models' log-likelihoods of the same images, nats.
struct PairedDifference {
  int images = 0;
  double mean = 0;
  double standard_error = 0;  ///< of the mean, from the spread of the images' differences
};

/// a − b, of the images that both have: the first ones of the same order; at least two (assertion).
PairedDifference paired_difference(std::span<const double> a, std::span<const double> b);

}  // namespace spvae
