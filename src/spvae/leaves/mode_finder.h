#pragma once

#include <array>
#include <functional>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/simd/tile.h"

namespace spvae {

/// log f and its gradient at one point of each lane: z [Z][kTile] → value [kTile], gradient
/// [Z][kTile].
using LogDensityOfTile = std::function<void(std::span<const float> z, std::span<double> value,
                                            std::span<float> gradient)>;

/// Modes of kTile functions of Z variables by damped Newton steps, whose curvatures are differences
/// of gradients. What a lane gets does not depend on its neighbours.
class ModeFinder {
 public:
  explicit ModeFinder(int latent);

  /// From start [Z][kTile]; curvatures are first sought over a tenth of scale [Z][kTile].
  void find(const LogDensityOfTile& density, std::span<const float> start,
            std::span<const float> scale);

  /// Whether the following are known: not where the function is not finite, or no damping makes its
  /// curvature positive.
  bool is_found(int lane) const { return found_[static_cast<std::size_t>(lane)]; }
  /// The point of the largest value, [Z][kTile].
  std::span<const float> mode() const { return point_; }
  /// That of a lane, [Z].
  std::vector<float> mode(int lane) const;
  double value(int lane) const { return value_[static_cast<std::size_t>(lane)]; }
  /// The row-wise lower triangle [Z(Z + 1)/2] of L: L·Lᵀ is −∇² log f at the mode, with as much
  /// added to its diagonal as makes it positive.
  std::span<const double> factor(int lane) const { return factor_[static_cast<std::size_t>(lane)]; }

 private:
  using Lanes = std::array<double, kernels::kTile>;

  void start_at(const LogDensityOfTile& density, std::span<const float> start,
                std::span<const float> scale);
  void differentiate(const LogDensityOfTile& density);
  /// factor_ of a lane from curvature_, with the least damping from `damping` on that makes it
  /// positive; returns that, or a negative number: none did.
  double factorise(std::size_t lane, double damping);
  /// Sets the trial point of a lane by its factor; returns half the gain that it promises.
  double step(std::size_t lane);

  std::size_t latent_;
  AlignedVector<float> point_;  // [Z][kTile] as all but what is said otherwise
  AlignedVector<float> gradient_;
  AlignedVector<float> scale_;
  AlignedVector<float> trial_;
  AlignedVector<float> trial_gradient_;
  AlignedVector<float> curvature_;  // [Z][Z][kTile]
  Lanes value_{};
  Lanes trial_value_{};
  Lanes damping_{};
  std::array<bool, kernels::kTile> found_{};
  std::array<bool, kernels::kTile> done_{};
  std::array<bool, kernels::kTile> moves_{};
  /// Whether gradients were taken apart by no more than twice what the curvature then says.
  std::array<bool, kernels::kTile> settled_{};
  std::array<std::vector<double>, kernels::kTile> factor_;
};

}  // namespace spvae
