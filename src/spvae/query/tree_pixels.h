#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/data_units.h"
#include "spvae/model/spvae.h"

namespace spvae {

/// Writes the code z [Z] of a leaf of an image's tree.
using TreeCode = std::function<void(std::size_t image, int leaf, std::span<float> z)>;

/// Value of pixel i of a leaf's scope, given its distribution.
using TreePixel = std::function<double(std::size_t image, int leaf, std::uint32_t i,
                                       const PixelDistribution& pixel)>;

/// Fills values [images, V], in the data's units, by the leaves of each image's tree, which
/// partition it; `made` says how `pixel` makes them. Threads of the engine's pool call `code` and
/// `pixel`, in any order.
void fill_by_trees(const Spvae& model, LeafEngine& engine, std::span<const std::vector<int>> leaves,
                   const TreeCode& code, SampledPixels made, const TreePixel& pixel,
                   std::span<float> values);

}  // namespace spvae
