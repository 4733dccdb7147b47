#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/random.h"

namespace spvae {

/// A second proposal t of the codes of every (expert, image): a mixture of Student's t around modes
/// of the posterior, their scales from the curvatures there, their shares by Laplace's
/// approximation of the evidence of each. Where a mode is known, half of the samples come from
/// t, by turns, and each sample's density is that of the mixture of t and what proposes codes
/// otherwise, which bounds the weights where t is poor. t depends on the image and on a pilot's
/// samples, never on those that it proposes: the estimates of leaves stay unbiased and those of
/// regions independent, given the pilot, and so TP19 Theorem 2 holds.
class LaplaceProposals {
 public:
  /// Degrees of freedom: even, so that χ² is a sum of exponentials.
  static constexpr int kDegrees = 10;
  /// Standard deviations are so many times those of the curvature.
  static constexpr double kInflation = 1.1;

  /// log Γ((ν + Z)/2) − log Γ(ν/2) − Z/2·log(ν/2), ν = kDegrees: what a part of t(z) has of Z
  /// alone.
  static double log_normaliser(int latent);

  /// Up to `modes` of each, none known yet.
  void reset(int experts, int modes, int latent, int stride);

  /// A mode [Z] of lane `lane`, log f there, and row by row the lower triangle [Z(Z + 1)/2] of L,
  /// L·Lᵀ the curvature −∇² log f at the mode. One that is known already, of much the same place
  /// and curvature, is not added again; there are no more than fit.
  void add(int expert, int lane, std::span<const float> mode, double log_value,
           std::span<const double> factor);

  /// t's share of the samples: 1/2, or 0 where no mode is known.
  double share(int expert, int lane) const { return modes(expert, lane) > 0 ? 0.5 : 0.0; }
  /// How many are known.
  int modes(int expert, int lane) const { return known_[at(expert, lane)]; }

  /// Whether t gives the code of a sample; of a lane where a mode is known half of an even number,
  /// in pairs of neighbours and in each of kernels::kBlocks blocks; the first is chosen by word 0
  /// of the address of sample 2³² − 1.
  bool proposes(int expert, int lane, const RandomAddress& row) const;

  /// The code z [Z] = mode + kInflation · √(kDegrees / χ²) · L⁻ᵀ·ε, ε the normals of the address;
  /// χ² from words of its dimensions behind those of prior_of_row. The modes take turns by their
  /// shares, from a number of word 1 of the address of sample 2³² − 1 on.
  void draw(int expert, int lane, const RandomAddress& row, std::span<float> z) const;

  /// log(share · t(z)) of codes [Z][kTile], but for (2π)^(−Z/2), of kTile lanes from `first_lane`
  /// on: density [kTile], very small where no mode is known. work [Z][kTile].
  void log_density(int expert, int first_lane, const float* codes, std::span<float> work,
                   std::span<float> density) const;

  /// A mode, its L (row-wise lower triangle), and log of its share of the samples.
  std::vector<double> mode(int expert, int number, int lane) const;
  std::vector<double> factor(int expert, int number, int lane) const;
  double log_share(int expert, int number, int lane) const;

 private:
  std::size_t at(int expert, int lane) const;
  /// Where feature `row` of an array [experts, modes, rows, stride] begins.
  std::size_t row_at(int expert, int number, std::size_t row, std::size_t rows) const;
  std::size_t triangle() const;
  bool is_near(int expert, int number, int lane, std::span<const float> mode,
               std::span<const double> factor) const;

  int most_modes_ = 0;
  int latent_ = 0;
  int stride_ = 0;
  std::vector<std::uint8_t> known_;  // [experts, stride] how many
  AlignedVector<float> mode_;        // [experts, modes, Z, stride]
  AlignedVector<float> factor_;      // [experts, modes, Z(Z + 1)/2, stride], of L
  // [experts, modes, stride] each:
  AlignedVector<double> log_evidence_;  // of a mode, but for what all have
  AlignedVector<double> log_share_;
  AlignedVector<float> log_constant_;  // of share · t's part
};

}  // namespace spvae
