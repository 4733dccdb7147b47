#include "spvae/leaves/laplace_proposals.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "spvae/core/index.h"
#include "spvae/core/log_sum_exp.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

using kernels::kTile;

// In place of a sample's number: which samples of an (expert, image) are t's.
constexpr std::uint32_t kTurn = 0xFFFFFFFFu;
// Of the greatest share of a mode: the least of any, since evidences are approximate.
constexpr double kLeastShare = 0.05;
// Squared distance, in units of the curvature of each, below which two modes are one.
constexpr double kSameMode = 0.5;

}  // namespace

std::size_t LaplaceProposals::at(int expert, int lane) const {
  return index(expert) * index(stride_) + index(lane);
}

std::size_t LaplaceProposals::row_at(int expert, int number, std::size_t row,
                                     std::size_t rows) const {
  return (index(expert * most_modes_ + number) * rows + row) * index(stride_);
}

std::size_t LaplaceProposals::triangle() const { return index(latent_) * index(latent_ + 1) / 2; }

double LaplaceProposals::log_normaliser(int latent) {
  // By recurrence, for lgamma() writes to a global: threads that call it would race.
  static_assert(kDegrees == 10);
  constexpr double kHalf = 0.5 * kDegrees;
  const bool is_odd = latent % 2 != 0;
  // Γ(5.5) / Γ(5)
  double result = is_odd ? std::log(945.0 / (32 * 24)) + 0.5 * std::log(std::numbers::pi) : 0.0;
  for (int i = 0; i < latent / 2; ++i) result += std::log(kHalf + (is_odd ? 0.5 : 0.0) + i);
  return result - 0.5 * latent * std::log(kHalf);
}

void LaplaceProposals::reset(int experts, int modes, int latent, int stride) {
  most_modes_ = modes;
  latent_ = latent;
  stride_ = stride;
  const std::size_t lanes = index(experts) * index(stride);
  known_.assign(lanes, 0);
  mode_.assign(lanes * index(modes) * index(latent), 0.0f);
  factor_.assign(lanes * index(modes) * triangle(), 0.0f);
  log_evidence_.assign(lanes * index(modes), 0.0);
  log_share_.assign(lanes * index(modes), 0.0);
  log_constant_.assign(lanes * index(modes), kernels::kLogOfNever);
}

bool LaplaceProposals::is_near(int expert, int number, int lane, std::span<const float> mode,
                               std::span<const double> factor) const {
  std::vector<double> difference = this->mode(expert, number, lane);
  for (std::size_t d = 0; d < mode.size(); ++d) difference[d] -= static_cast<double>(mode[d]);
  const auto squares = [&](std::span<const double> of) {  // |Lᵀ·difference|²
    double sum = 0;
    for (std::size_t j = 0; j < difference.size(); ++j) {
      double u = 0;
      for (std::size_t i = j; i < difference.size(); ++i) {
        u += of[i * (i + 1) / 2 + j] * difference[i];
      }
      sum += u * u;
    }
    return sum;
  };
  return std::max(squares(factor), squares(this->factor(expert, number, lane))) < kSameMode;
}

void LaplaceProposals::add(int expert, int lane, std::span<const float> mode, double log_value,
                           std::span<const double> factor) {
  assert(mode.size() == index(latent_) && factor.size() == triangle());
  const int number = modes(expert, lane);
  if (number == most_modes_) return;
  for (int other = 0; other < number; ++other) {
    if (is_near(expert, other, lane, mode, factor)) return;
  }
  double log_evidence = log_value;
  for (std::size_t d = 0; d < mode.size(); ++d) {
    mode_[row_at(expert, number, d, index(latent_)) + index(lane)] = mode[d];
    log_evidence -= std::log(factor[d * (d + 3) / 2]);
  }
  for (std::size_t i = 0; i < factor.size(); ++i) {
    factor_[row_at(expert, number, i, triangle()) + index(lane)] = static_cast<float>(factor[i]);
  }
  log_evidence_[row_at(expert, number, 0, 1) + index(lane)] = log_evidence;
  ++known_[at(expert, lane)];
  // The shares anew.
  std::vector<double> evidence;
  for (int i = 0; i <= number; ++i) {
    evidence.push_back(log_evidence_[row_at(expert, i, 0, 1) + index(lane)]);
  }
  const double greatest = std::ranges::max(evidence);
  for (double& value : evidence) value = std::max(value, greatest + std::log(kLeastShare));
  const double sum = log_sum_exp(evidence);
  for (int i = 0; i <= number; ++i) {
    const std::size_t place = row_at(expert, i, 0, 1) + index(lane);
    log_share_[place] = evidence[index(i)] - sum;
    double log_determinant = 0;
    for (std::size_t d = 0; d < mode.size(); ++d) {
      log_determinant += std::log(static_cast<double>(
          factor_[row_at(expert, i, d * (d + 3) / 2, triangle()) + index(lane)]));
    }
    log_constant_[place] =
        static_cast<float>(std::log(0.5) + log_share_[place] + log_determinant -
                           latent_ * std::log(kInflation) + log_normaliser(latent_));
  }
}

bool LaplaceProposals::proposes(int expert, int lane, const RandomAddress& row) const {
  if (modes(expert, lane) == 0) return false;
  RandomAddress turn = row;
  turn.sample = kTurn;
  const std::uint32_t round = row.sample / kernels::kBlocks;
  return (row.sample + round + random_word(turn, 0)) % 2 == 0;
}

void LaplaceProposals::draw(int expert, int lane, const RandomAddress& row,
                            std::span<float> z) const {
  const std::size_t latent = index(latent_);
  kernels::table().normals({row.seed, row.step, static_cast<std::uint32_t>(row.purpose)}, row.image,
                           row.leaf, row.sample, latent, z.data());
  // −2 log of a product of ν/2 uniform numbers in (0, 1].
  const std::uint32_t first = (static_cast<std::uint32_t>(latent_) + 3) / 4 * 4 + 4;
  double product = 1;
  for (std::uint32_t i = 0; i < kDegrees / 2; ++i) {
    product *= random_uniform(row, first + i) + 0x1p-24;
  }
  const double chi_square = -2 * std::log(product);
  const auto scale = static_cast<float>(kInflation * std::sqrt(kDegrees / chi_square));
  RandomAddress turn = row;
  turn.sample = kTurn;
  const std::uint32_t number_of_turn = row.sample / 2;
  double u = random_uniform(turn, 1) + std::numbers::phi * number_of_turn;
  u -= std::floor(u);
  int number = 0;
  for (double sum = 0; number + 1 < modes(expert, lane); ++number) {
    sum += std::exp(log_share(expert, number, lane));
    if (u < sum) break;
  }
  // Lᵀ·y = ε, from the last dimension on.
  const float* factor = factor_.data() + row_at(expert, number, 0, triangle()) + index(lane);
  const auto element = [&](std::size_t i, std::size_t j) {
    return factor[(i * (i + 1) / 2 + j) * index(stride_)];
  };
  for (std::size_t j = latent; j-- > 0;) {
    float sum = z[j];
    for (std::size_t i = j + 1; i < latent; ++i) sum -= element(i, j) * z[i];
    z[j] = sum / element(j, j);
  }
  for (std::size_t d = 0; d < latent; ++d) {
    z[d] = mode_[row_at(expert, number, d, latent) + index(lane)] + scale * z[d];
  }
}

void LaplaceProposals::log_density(int expert, int first_lane, const float* codes,
                                   std::span<float> work, std::span<float> density) const {
  std::fill_n(density.begin(), kTile, kernels::kLogOfNever);
  const auto begin = known_.begin() + static_cast<std::ptrdiff_t>(at(expert, first_lane));
  const int most = *std::max_element(begin, begin + kTile);
  const std::size_t latent = index(latent_);
  constexpr double kScale = 1 / (kInflation * kInflation * kDegrees);
  for (int number = 0; number < most; ++number) {
    // u = Lᵀ·(z − mode), column by column of the lower triangle.
    std::fill_n(work.begin(), latent * kTile, 0.0f);
    for (std::size_t i = 0; i < latent; ++i) {
      const float* mode = mode_.data() + row_at(expert, number, i, latent) + first_lane;
      const float* z = codes + i * kTile;
      float difference[kTile];
      for (int lane = 0; lane < kTile; ++lane) difference[lane] = z[lane] - mode[lane];
      for (std::size_t j = 0; j <= i; ++j) {
        const float* factor =
            factor_.data() + row_at(expert, number, i * (i + 1) / 2 + j, triangle()) + first_lane;
        float* u = work.data() + j * kTile;
        for (int lane = 0; lane < kTile; ++lane) u[lane] += factor[lane] * difference[lane];
      }
    }
    float squares[kTile] = {};
    for (std::size_t j = 0; j < latent; ++j) {
      const float* u = work.data() + j * kTile;
      for (int lane = 0; lane < kTile; ++lane) squares[lane] += u[lane] * u[lane];
    }
    for (int lane = 0; lane < kTile; ++lane) {
      if (number >= modes(expert, first_lane + lane)) continue;
      const double exponent =
          0.5 * (kDegrees + latent_) * std::log1p(kScale * static_cast<double>(squares[lane]));
      const double constant =
          log_constant_[row_at(expert, number, 0, 1) + index(first_lane + lane)];
      const auto former = static_cast<double>(density[index(lane)]);
      const double added = constant - exponent;
      const double greater = std::max(former, added);
      density[index(lane)] =
          static_cast<float>(greater + std::log1p(std::exp(std::min(former, added) - greater)));
    }
  }
}

std::vector<double> LaplaceProposals::mode(int expert, int number, int lane) const {
  std::vector<double> result(index(latent_));
  for (std::size_t d = 0; d < result.size(); ++d) {
    result[d] = mode_[row_at(expert, number, d, index(latent_)) + index(lane)];
  }
  return result;
}

std::vector<double> LaplaceProposals::factor(int expert, int number, int lane) const {
  std::vector<double> result(triangle());
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = factor_[row_at(expert, number, i, triangle()) + index(lane)];
  }
  return result;
}

double LaplaceProposals::log_share(int expert, int number, int lane) const {
  return log_share_[row_at(expert, number, 0, 1) + index(lane)];
}

}  // namespace spvae
