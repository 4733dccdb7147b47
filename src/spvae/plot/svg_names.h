#pragma once

#include <string>
#include <string_view>

namespace spvae::plot {

/// An SVG of cairo with its names of surfaces and pictures numbered from 0 in order of appearance
/// (id="image0", "#image0"): cairo numbers them by all that the process has drawn before.
std::string with_stable_names(std::string_view svg);

}  // namespace spvae::plot
