#pragma once

#include <string>

#include "spvae/data/image_set.h"

namespace spvae {

/// Where images may have but `values` < 256 values: their 8-bit levels rint(255·v/(values − 1))
/// over 255 become v/(values − 1). Error(kData) for an observed pixel of another level; `name` is
/// that of the data.
void snap_to_values(const std::string& name, int values, ImageSet& images);

}  // namespace spvae
