#pragma once

#include "spvae/io/png.h"

namespace spvae {

/// A picture whose pixels are the means of squares of `times` × `times` pixels, rounded, of what
/// there is of them at the right and at the bottom. times ≥ 1 (assertion).
Picture shrunk(const Picture& picture, int times);

}  // namespace spvae
