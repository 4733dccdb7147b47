#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "spvae/core/parameter_layout.h"
#include "spvae/core/thread_pool.h"

namespace spvae {

/// Muon (Jordan et al. 2024), ascending: each matrix steps along its momentum with all singular
/// values brought near 1, so that directions that few examples speak for are learnt as fast as
/// those of many. With μ = 0.95, in float32:
///   m ← μ·m + (1 − μ)·g
///   W ← (1 − rate·decay)·W + rate·√max(1, columns/rows)·NS(μ·m + (1 − μ)·g)
/// NS: five steps X ← aX + (bA + cA²)X, A = XXᵀ, (a, b, c) = (3.4445, −4.7750, 2.0315), of X over
/// (its Frobenius norm + 10⁻⁷), on the shorter side.
class Muon {
 public:
  /// `decay` keeps matrices, whose steps are all of one length, from growing for ever.
  Muon(std::vector<WeightMatrix> matrices, double decay);

  /// One step. All spans are whole parameter buffers. Same bits for any number of threads.
  void ascend(double rate, std::span<const float> gradient, std::span<float> momentum,
              std::span<float> parameters, ThreadPool& pool);

 private:
  std::vector<WeightMatrix> matrices_;  // the largest first
  double decay_;
};

/// NS of `matrix` [rows, columns], in place.
void orthogonalise(std::span<float> matrix, int rows, int columns);

}  // namespace spvae
