#pragma once

#include <string>

namespace spvae {

/// The processor's name as the system tells it, and the kernels' target: "AMD EPYC (AVX3)".
std::string machine_name();

}  // namespace spvae
