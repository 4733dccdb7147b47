#pragma once

#include <string_view>

namespace spvae {

/// The version of this library, "major.minor.patch"; recorded in every file that is written.
std::string_view version();

}  // namespace spvae
