#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "spvae/data/image_set.h"
#include "spvae/io/png.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// For each of the `chosen` images, a picture of where it is stranger than usual (red) and more
/// common (blue): what each leaf region contributes to its log-likelihood, less the mean of that
/// over all images, per pixel, over the image in gray. contributions: [images, leaf regions], nats.
/// One scale for all: the strongest colour is the largest difference of the chosen.
std::vector<Picture> blame_pictures(const RegionGraph& graph, const ImageSet& images,
                                    std::span<const double> contributions,
                                    std::span<const std::size_t> chosen);

}  // namespace spvae
