#pragma once

#include <cstddef>
#include <string>

/// For tests of what reads JSON.
namespace spvae::testing {

/// Lists within lists, so deep that whoever walked through them by calls within calls would crash.
inline std::string deep_json(std::size_t depth = 100'000) {
  return std::string(depth, '[') + std::string(depth, ']');
}

/// What messages say of it.
inline constexpr const char* kDeepFault = "arrays and objects lie more than 64 deep";

}  // namespace spvae::testing
