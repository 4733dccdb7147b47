#pragma once

#include "spvae/data/image_set.h"

namespace spvae {

/// What a Gaussian without noise makes use of: floating-point numbers that stand again and again
/// have no density, and precision there grows without limit.
struct RepeatedValues {
  int constants = 0;  ///< variables with one and the same value in most images that have it
  double share = 0;   ///< of the values, those that stand at least three times
};

/// Of what is observed of images. The share is that of whole images of a million values or so,
/// evenly spread. Three images are needed to tell a constant.
RepeatedValues repeated_values(const ImageSet& images);

}  // namespace spvae
