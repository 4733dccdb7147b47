#include "spvae/leaves/mode_finder.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "spvae/core/index.h"

namespace spvae {
namespace {

using kernels::kTile;

constexpr int kMaxSteps = 20;
// Nats that a step must promise to be taken.
constexpr double kWorthwhile = 0.02;
// Of a standard deviation: what gradients are taken apart by.
constexpr float kDifference = 0.1f;
constexpr double kFirstDamping = 0.01;
constexpr double kDampingFactor = 4;
constexpr double kMaxDamping = 1e7;

}  // namespace

ModeFinder::ModeFinder(int latent)
    : latent_(index(latent)),
      point_(latent_ * kTile),
      gradient_(point_.size()),
      scale_(point_.size()),
      trial_(point_.size()),
      trial_gradient_(point_.size()),
      curvature_(latent_ * point_.size()) {
  for (auto& factor : factor_) factor.resize(latent_ * (latent_ + 1) / 2);
}

void ModeFinder::start_at(const LogDensityOfTile& density, std::span<const float> start,
                          std::span<const float> scale) {
  std::ranges::copy(start, point_.begin());
  std::ranges::copy(scale, scale_.begin());
  density(point_, value_, gradient_);
  for (std::size_t lane = 0; lane < kTile; ++lane) {
    done_[lane] = !std::isfinite(value_[lane]);
    found_[lane] = false;
    damping_[lane] = 0;
  }
}

void ModeFinder::find(const LogDensityOfTile& density, std::span<const float> start,
                      std::span<const float> scale) {
  start_at(density, start, scale);
  for (int steps = 0; !std::ranges::all_of(done_, std::identity()); ++steps) {
    differentiate(density);
    std::ranges::copy(point_, trial_.begin());
    for (std::size_t lane = 0; lane < kTile; ++lane) {
      moves_[lane] = false;
      if (done_[lane]) continue;
      const double damping = factorise(lane, steps < kMaxSteps ? damping_[lane] : 0);
      found_[lane] = damping >= 0;
      if (damping >= 0 && steps < kMaxSteps) {
        moves_[lane] = step(lane) >= kWorthwhile;
        damping_[lane] = damping;
        if (moves_[lane] || !settled_[lane]) continue;
      }
      done_[lane] = true;
      // Of a mode its own curvature.
      if (found_[lane] && damping > 0) found_[lane] = factorise(lane, 0) >= 0;
    }
    if (std::ranges::none_of(moves_, std::identity())) continue;
    density(trial_, trial_value_, trial_gradient_);
    for (std::size_t lane = 0; lane < kTile; ++lane) {
      if (!moves_[lane]) continue;
      if (!(trial_value_[lane] > value_[lane])) {
        damping_[lane] = std::max(kDampingFactor * damping_[lane], 10 * kFirstDamping);
        continue;
      }
      damping_[lane] = damping_[lane] > kFirstDamping ? damping_[lane] / kDampingFactor : 0;
      value_[lane] = trial_value_[lane];
      for (std::size_t at = lane; at < point_.size(); at += kTile) {
        point_[at] = trial_[at];
        gradient_[at] = trial_gradient_[at];
      }
    }
  }
}

std::vector<float> ModeFinder::mode(int lane) const {
  std::vector<float> result(latent_);
  for (std::size_t d = 0; d < latent_; ++d) result[d] = point_[d * kTile + index(lane)];
  return result;
}

void ModeFinder::differentiate(const LogDensityOfTile& density) {
  Lanes value{};
  for (std::size_t i = 0; i < latent_; ++i) {
    std::ranges::copy(point_, trial_.begin());
    for (std::size_t lane = 0; lane < kTile; ++lane) {
      trial_[i * kTile + lane] += kDifference * scale_[i * kTile + lane];
    }
    density(trial_, value, trial_gradient_);
    for (std::size_t at = 0; at < point_.size(); ++at) {
      const std::size_t of = i * kTile + at % kTile;
      const float difference = trial_[of] - point_[of];  // as it was rounded
      curvature_[i * point_.size() + at] = (gradient_[at] - trial_gradient_[at]) / difference;
    }
  }
  settled_.fill(true);
  for (std::size_t i = 0; i < latent_; ++i) {
    for (std::size_t lane = 0; lane < kTile; ++lane) {
      const float precision = curvature_[i * point_.size() + i * kTile + lane];
      if (!(precision > 0)) continue;
      float& scale = scale_[i * kTile + lane];
      const float former = scale;
      scale = 1 / std::sqrt(precision);
      if (scale < 0.5f * former) settled_[lane] = false;
    }
  }
}

double ModeFinder::factorise(std::size_t lane, double damping) {
  const auto curvature = [&](std::size_t i, std::size_t j) {
    const auto one = static_cast<double>(curvature_[i * point_.size() + j * kTile + lane]);
    const auto other = static_cast<double>(curvature_[j * point_.size() + i * kTile + lane]);
    return 0.5 * (one + other);
  };
  std::vector<double>& factor = factor_[lane];
  const auto cholesky = [&](double damp) {
    for (std::size_t i = 0; i < latent_; ++i) {
      double* row = factor.data() + i * (i + 1) / 2;
      for (std::size_t j = 0; j <= i; ++j) {
        const double* other = factor.data() + j * (j + 1) / 2;
        double sum = curvature(i, j);
        if (i == j) sum += damp * std::max(std::abs(sum), 1.0);
        for (std::size_t k = 0; k < j; ++k) sum -= row[k] * other[k];
        if (i > j) {
          row[j] = sum / other[j];
        } else if (!(sum > 0) || !std::isfinite(sum)) {
          return false;
        } else {
          row[j] = std::sqrt(sum);
        }
      }
    }
    return true;
  };
  for (; damping < kMaxDamping; damping = std::max(kDampingFactor * damping, kFirstDamping)) {
    if (cholesky(damping)) return damping;
  }
  return -1;
}

double ModeFinder::step(std::size_t lane) {
  const std::vector<double>& factor = factor_[lane];
  const auto element = [&](std::size_t i, std::size_t j) { return factor[i * (i + 1) / 2 + j]; };
  std::vector<double> x(latent_);
  double gain = 0;  // |L⁻¹ gradient|²
  for (std::size_t i = 0; i < latent_; ++i) {
    x[i] = static_cast<double>(gradient_[i * kTile + lane]);
    for (std::size_t j = 0; j < i; ++j) x[i] -= element(i, j) * x[j];
    x[i] /= element(i, i);
    gain += x[i] * x[i];
  }
  for (std::size_t j = latent_; j-- > 0;) {
    for (std::size_t i = j + 1; i < latent_; ++i) x[j] -= element(i, j) * x[i];
    x[j] /= element(j, j);
    trial_[j * kTile + lane] = point_[j * kTile + lane] + static_cast<float>(x[j]);
  }
  return 0.5 * gain;
}

}  // namespace spvae
