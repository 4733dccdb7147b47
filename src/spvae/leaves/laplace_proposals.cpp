#include "spvae/leaves/laplace_proposals.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

using kernels::kTile;

// In place of a sample's number: which samples of an (expert, image) are t's.
constexpr std::uint32_t kTurn = 0xFFFFFFFFu;

}  // namespace

std::size_t LaplaceProposals::at(int expert, int lane) const {
  return index(expert) * index(stride_) + index(lane);
}

std::size_t LaplaceProposals::row_at(int expert, std::size_t row, std::size_t rows) const {
  return (index(expert) * rows + row) * index(stride_);
}

std::size_t LaplaceProposals::triangle() const { return index(latent_) * index(latent_ + 1) / 2; }

void LaplaceProposals::reset(int experts, int latent, int stride) {
  latent_ = latent;
  stride_ = stride;
  const std::size_t lanes = index(experts) * index(stride);
  known_.assign(lanes, 0);
  mode_.assign(lanes * index(latent), 0.0f);
  factor_.assign(lanes * triangle(), 0.0f);
  log_constant_.assign(lanes, kernels::kLogOfNever);
}

void LaplaceProposals::set(int expert, int lane, std::span<const float> mode,
                           std::span<const double> factor) {
  assert(mode.size() == index(latent_) && factor.size() == triangle());
  known_[at(expert, lane)] = 1;
  double log_determinant = 0;
  for (std::size_t d = 0; d < mode.size(); ++d) {
    mode_[row_at(expert, d, index(latent_)) + index(lane)] = mode[d];
    log_determinant += std::log(factor[d * (d + 3) / 2]);
  }
  for (std::size_t i = 0; i < factor.size(); ++i) {
    factor_[row_at(expert, i, triangle()) + index(lane)] = static_cast<float>(factor[i]);
  }
  const double half = 0.5 * latent_;
  log_constant_[at(expert, lane)] =
      static_cast<float>(std::log(0.5) + log_determinant - latent_ * std::log(kInflation) +
                         std::lgamma(0.5 * kDegrees + half) - std::lgamma(0.5 * kDegrees) -
                         half * std::log(0.5 * kDegrees));
}

bool LaplaceProposals::proposes(int expert, int lane, const RandomAddress& row) const {
  if (known_[at(expert, lane)] == 0) return false;
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
  // Lᵀ·y = ε, from the last dimension on.
  const float* factor = factor_.data() + row_at(expert, 0, triangle()) + index(lane);
  const auto element = [&](std::size_t i, std::size_t j) {
    return factor[(i * (i + 1) / 2 + j) * index(stride_)];
  };
  for (std::size_t j = latent; j-- > 0;) {
    float sum = z[j];
    for (std::size_t i = j + 1; i < latent; ++i) sum -= element(i, j) * z[i];
    z[j] = sum / element(j, j);
  }
  for (std::size_t d = 0; d < latent; ++d) {
    z[d] = mode_[row_at(expert, d, latent) + index(lane)] + scale * z[d];
  }
}

void LaplaceProposals::log_density(int expert, int first_lane, const float* codes,
                                   std::span<float> work, std::span<float> density) const {
  // u = Lᵀ·(z − mode), column by column of the lower triangle.
  const std::size_t latent = index(latent_);
  std::fill_n(work.begin(), latent * kTile, 0.0f);
  for (std::size_t i = 0; i < latent; ++i) {
    const float* mode = mode_.data() + row_at(expert, i, latent) + first_lane;
    const float* z = codes + i * kTile;
    float difference[kTile];
    for (int lane = 0; lane < kTile; ++lane) difference[lane] = z[lane] - mode[lane];
    for (std::size_t j = 0; j <= i; ++j) {
      const float* factor =
          factor_.data() + row_at(expert, i * (i + 1) / 2 + j, triangle()) + first_lane;
      float* u = work.data() + j * kTile;
      for (int lane = 0; lane < kTile; ++lane) u[lane] += factor[lane] * difference[lane];
    }
  }
  float squares[kTile] = {};
  for (std::size_t j = 0; j < latent; ++j) {
    const float* u = work.data() + j * kTile;
    for (int lane = 0; lane < kTile; ++lane) squares[lane] += u[lane] * u[lane];
  }
  constexpr double kScale = 1 / (kInflation * kInflation * kDegrees);
  for (int lane = 0; lane < kTile; ++lane) {
    const std::size_t i = at(expert, first_lane + lane);
    density[index(lane)] =
        known_[i] != 0 ? log_constant_[i] - static_cast<float>(0.5 * (kDegrees + latent_) *
                                                               std::log1p(kScale * squares[lane]))
                       : kernels::kLogOfNever;
  }
}

std::vector<double> LaplaceProposals::mode(int expert, int lane) const {
  std::vector<double> result;
  for (std::size_t d = 0; d < index(latent_); ++d) {
    result.push_back(mode_[row_at(expert, d, index(latent_)) + index(lane)]);
  }
  return result;
}

std::vector<double> LaplaceProposals::factor(int expert, int lane) const {
  std::vector<double> result;
  for (std::size_t i = 0; i < triangle(); ++i) {
    result.push_back(factor_[row_at(expert, i, triangle()) + index(lane)]);
  }
  return result;
}

}  // namespace spvae
