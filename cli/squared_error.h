#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "spvae/data/image_set.h"

namespace spvae::cli {

/// Mean squared error of the pixels that counts [N, V] has 1 for (empty: of all), over all images
/// of `guesses`, of which every image of `truth` has as many, one after another. Nothing if no
/// pixel counts.
std::optional<double> mean_squared_error(const ImageSet& truth, const ImageSet& guesses,
                                         std::span<const std::uint8_t> counts);

}  // namespace spvae::cli
