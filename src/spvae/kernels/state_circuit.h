#pragma once

#include <cstddef>
#include <cstdint>

/// Kernels of the circuit of element-wise products (state_circuit-inl.h). All numbers are double,
/// all rows of a tile kTile lanes, one after another.
namespace spvae::kernels {

/// Sums that weigh the same branches: those of a region's partitions (cross products), or the
/// states of one region (element-wise products).
struct CircuitBank {
  std::int32_t region = 0;       ///< that the sums model
  std::int32_t first_sum = 0;    ///< consecutive
  std::int32_t sums = 0;         ///< rows of the weights
  std::int32_t branches = 0;     ///< columns of the weights
  std::size_t first_weight = 0;  ///< of [sums, branches]
};

/// A region of the circuit of element-wise products. Its states are its leaves, or the products of
/// its partitions: of each, product k of sum k of the left bank and sum k of the right one.
struct StateRegion {
  std::int32_t first_state = 0;
  std::int32_t states = 0;
  std::int32_t first_partition = 0;  ///< partition p has the banks 2p (left) and 2p + 1 (right)
  std::int32_t partitions = 0;       ///< 0: a leaf region
  std::int32_t first_reader = 0;     ///< of the banks that weigh its states
  std::int32_t readers = 0;
};

/// One tile of both passes. States are held as maximum of the region + log(scaled), sums as maximum
/// of the bank + log(sum): whatever the weights, no ratio that matters underflows.
struct StatePass {
  const StateRegion* regions = nullptr;
  std::size_t region_count = 0;        ///< children before parents, the root, no leaf region, last
  const CircuitBank* banks = nullptr;  ///< of the partitions; the root's one sum
  const std::int32_t* readers = nullptr;
  const double* weights = nullptr;  ///< linear, e^−300 to 1
  double* scaled = nullptr;         ///< [states] in [0, 1]
  double* maxima = nullptr;         ///< [regions, then banks] largest log value
  double* totals = nullptr;         ///< [regions, then banks] largest number before scaling, > 0
  double* sums = nullptr;           ///< [sums] in [0, 1]
  double* grad_sums = nullptr;      ///< [sums] d root / d sum before scaling
};

/// Gradients of some sums of a bank, over all tiles.
struct SumGradient {
  std::size_t sums = 0;
  std::size_t branches = 0;
  const double* weights = nullptr;    ///< [sums, branches] linear
  const double* states = nullptr;     ///< [branches] of the first tile
  std::size_t states_step = 0;        ///< from tile to tile
  const double* grad_sums = nullptr;  ///< [sums] of the first tile
  std::size_t grad_sums_step = 0;     ///< from tile to tile
  std::size_t images = 0;             ///< in the tiles, lanes beyond are not read
  double* work = nullptr;             ///< sum_gradient_work(branches, images) numbers
  float* grad_logits = nullptr;       ///< [sums, branches] out
};

/// Sums whose gradients are computed together.
inline constexpr std::size_t kSumRows = 6;
std::size_t sum_gradient_work(std::size_t branches, std::size_t images);

}  // namespace spvae::kernels
