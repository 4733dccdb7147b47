#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// The SIMD kernels: structs of pointers and sizes, one table of functions for each instruction
/// set. Nothing here knows a type of the library. Every function works on one tile of kTile rows
/// of one leaf, feature-major: array[feature][lane].
namespace spvae::kernels {

/// Rows of a tile, on every target: part of the order of sums, hence of the bits.
inline constexpr int kTile = 32;
inline constexpr int kMaxLayers = 16;

enum class Likelihood : std::int32_t { kGaussian = 0, kBinomial = 1, kLogistic = 2 };

struct Noise {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t purpose = 0;
};

struct Table;  // completed by the kernels' author

/// The table of the best target of this machine (or of the one forced), chosen once.
const Table& table();
/// Names of the targets that this machine can run, best first ("AVX3", "AVX2", "SSE4", "SSE2").
std::vector<const char*> supported_targets();
/// The table of a named target; nullptr where it can't run.
const Table* table_for(const char* target);
/// Forces a target (tests, SPVAE_SIMD); nullptr returns to the best. False where it can't run.
bool force_target(const char* target);
bool has_fused_multiply_add(const char* target);

}  // namespace spvae::kernels
