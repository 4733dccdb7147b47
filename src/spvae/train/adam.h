#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/parameter_layout.h"
#include "spvae/core/thread_pool.h"

namespace spvae {

struct AdamConfig {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

/// Adam (Kingma and Ba 2015), ascending. Step t = 1, 2, … for each parameter, in float32:
///   m ← β₁·m + (1 − β₁)·g,   v ← β₂·v + (1 − β₂)·g²,   θ ← θ + r·m / (√v + e)
/// r = learning rate·√(1 − β₂ᵗ)/(1 − β₁ᵗ) and e = ε·√(1 − β₂ᵗ) fold the bias corrections in; they
/// are computed in double from products alone, so that every machine gets the same bits.
class Adam {
 public:
  /// Some of the parameters, and their learning rate over that of the step.
  struct Part {
    std::size_t first = 0;
    std::size_t size = 0;
    double rate = 1;
  };

  /// Moments are zero, for `size` parameters, all of which are learned.
  Adam(const AdamConfig& config, std::size_t size);
  /// The parts alone are learned.
  Adam(const AdamConfig& config, std::size_t size, const std::vector<Part>& parts);

  /// Takes step number t ≥ 1. All spans have the size of the moments. Same bits for any number of
  /// threads.
  void ascend(std::int64_t t, double learning_rate, std::span<const float> gradient,
              std::span<float> parameters, ThreadPool& pool);

  std::span<float> first_moment() { return first_moment_; }
  std::span<const float> first_moment() const { return first_moment_; }
  std::span<float> second_moment() { return second_moment_; }
  std::span<const float> second_moment() const { return second_moment_; }

 private:
  AdamConfig config_;
  std::vector<Part> chunks_;  // what a task takes
  ParameterBuffer first_moment_;
  ParameterBuffer second_moment_;
};

}  // namespace spvae
