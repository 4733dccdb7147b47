#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spvae/model/spvae.h"
#include "spvae/pass/leaf_use.h"

namespace spvae {

/// Brings unused leaves back: each becomes the twin of the busiest leaf of its region, and every
/// sum divides that leaf's weight between both, so that the model stays what it was but for what
/// sets the twins apart: a little noise in their priors or, of experts of their own, weights. One
/// busy leaf may be divided several times. Leaves that share an expert with no busy one stay.
/// `moments`, buffers like the parameters, are copied from leaf to leaf. Returns how many leaves
/// were brought back. Noise is addressed by seed and step.
int split_busy_leaves(const Spvae& model, const LeafUse& use, std::uint32_t seed,
                      std::uint32_t step, std::span<float> parameters,
                      const std::vector<std::span<float>>& moments);

}  // namespace spvae
