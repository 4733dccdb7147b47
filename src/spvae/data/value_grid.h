#pragma once

#include <string>

#include "spvae/data/image_set.h"

namespace spvae {

/// Where images may have but `values` < 256 values: their 8-bit levels rint(255·v/(values − 1))
/// over 255 become v/(values − 1). Error(kData) for an observed pixel of another level; `name` is
/// that of the data.
void snap_to_values(const std::string& name, int values, ImageSet& images);

/// The same of vectors, whose observed values must be whole numbers 0 … values − 1 already.
void check_whole_values(const std::string& name, int values, const ImageSet& vectors);

}  // namespace spvae
