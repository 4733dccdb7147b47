#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/random.h"

namespace spvae {

/// A second proposal t of the codes of every (expert, image): Student's t around a mode of the
/// posterior, its scale from the curvature there. Where it is known, half of the samples come from
/// it, by turns, and each sample's density is that of the mixture of t and what proposes codes
/// otherwise, which bounds the weights where t is poor. t depends on the image and on a pilot's
/// samples, never on those that it proposes: the estimates of leaves stay unbiased and those of
/// regions independent, given the pilot, and so TP19 Theorem 2 holds.
class LaplaceProposals {
 public:
  /// Degrees of freedom: even, so that χ² is a sum of exponentials.
  static constexpr int kDegrees = 10;
  /// Standard deviations are so many times those of the curvature.
  static constexpr double kInflation = 1.1;

  /// None known yet.
  void reset(int experts, int latent, int stride);

  /// Of lane `lane`: mode [Z] and, row by row, the lower triangle [Z(Z + 1)/2] of L, L·Lᵀ the
  /// curvature (the Hessian of the negative logarithm of the posterior) at the mode.
  void set(int expert, int lane, std::span<const float> mode, std::span<const double> factor);

  /// t's share of the samples: 1/2, or 0 where it is not known.
  double share(int expert, int lane) const { return known_[at(expert, lane)] != 0 ? 0.5 : 0.0; }

  /// Whether t gives the code of a sample; of a lane where it is known half of an even number, in
  /// pairs of neighbours and in each of kernels::kBlocks blocks; the first is chosen by word 0 of
  /// the address of sample 2³² − 1.
  bool proposes(int expert, int lane, const RandomAddress& row) const;

  /// The code z [Z] = mode + kInflation · √(kDegrees / χ²) · L⁻ᵀ·ε, ε the normals of the address;
  /// χ² from words of its dimensions behind those of prior_of_row.
  void draw(int expert, int lane, const RandomAddress& row, std::span<float> z) const;

  /// log(share · t(z)) of codes [Z][kTile], but for (2π)^(−Z/2), of kTile lanes from `first_lane`
  /// on: density [kTile], very small where t is not known. work [Z][kTile].
  void log_density(int expert, int first_lane, const float* codes, std::span<float> work,
                   std::span<float> density) const;

  /// Of the mode and of L (row-wise lower triangle) of a lane.
  std::vector<double> mode(int expert, int lane) const;
  std::vector<double> factor(int expert, int lane) const;

 private:
  std::size_t at(int expert, int lane) const;
  /// Where feature `row` of an array [experts, rows, stride] begins.
  std::size_t row_at(int expert, std::size_t row, std::size_t rows) const;
  std::size_t triangle() const;

  int latent_ = 0;
  int stride_ = 0;
  std::vector<std::uint8_t> known_;    // [experts, stride]; bytes: threads write neighbours
  AlignedVector<float> mode_;          // [experts, Z, stride]
  AlignedVector<float> factor_;        // [experts, Z(Z + 1)/2, stride], of L
  AlignedVector<float> log_constant_;  // [experts, stride], of share · t
};

}  // namespace spvae
