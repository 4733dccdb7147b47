#pragma once

#include "spvae/io/png.h"
#include "spvae/model/spvae.h"
#include "spvae/plot/figure.h"
#include "spvae/query/explanation.h"

namespace spvae {

/// An explained image: left the picture with the cuts of its most probable tree, numbered by their
/// level (1 is the root's), and the leaf that each part chooses; right, at each super-pixel's
/// place, the responsibilities of its leaves, that of the tree's leaf in black. Leaves have their
/// numbers in the circuit. Where leaf regions are not rectangles that make up the image, it is a
/// picture of each leaf of the tree instead, with its pixels alone and its responsibility.
Figure explanation_figure(const Spvae& model, const Explanation& explanation,
                          const Picture& picture);

}  // namespace spvae
