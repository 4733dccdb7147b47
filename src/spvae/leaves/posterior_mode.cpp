#include "spvae/leaves/posterior_mode.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

using kernels::kTile;

}  // namespace

PosteriorMode::PosteriorMode(const LeafBank& bank, const GroupPlan& plan)
    : bank_(bank),
      kernel_(bank, plan),
      transposed_(plan, kernel_),
      first_decoder_layer_(plan.group->networks.encoder_layers()),
      tape_(*plan.group, bank.config().latent, true),
      finder_(bank.config().latent),
      zeros_(kTile),
      ones_(index(bank.config().latent) * kTile),
      never_(kTile),
      log_joint_(index(bank.leaves_of_expert()) * kTile),
      shares_(log_joint_.size()),
      leaf_gradient_(log_joint_.size()),
      start_(ones_.size()) {
  std::ranges::fill(ones_, 1.0f);
  std::ranges::fill(never_, kernels::kLogOfNever);
}

void PosteriorMode::bind(int expert, std::span<const float> parameters,
                         const PreparedParameters& prepared, const Images& images,
                         const LeafWeights& weights) {
  kernel_.bind(expert, parameters, prepared);
  for (std::size_t layer = first_decoder_layer_; layer < transposed_.layers(); ++layer) {
    transposed_.update(layer, parameters, bank_.slot_of(expert));
  }
  images_ = images;
  weights_ = weights;
}

const ModeFinder& PosteriorMode::find(std::span<const float> one, std::span<const float> other,
                                      std::span<const float> scale) {
  std::array<double, kTile> value_of_one{};
  std::array<double, kTile> value_of_other{};
  evaluate(one, value_of_one, {});
  evaluate(other, value_of_other, {});
  for (std::size_t at = 0; at < start_.size(); ++at) {
    start_[at] = value_of_other[at % kTile] > value_of_one[at % kTile] ? other[at] : one[at];
  }
  finder_.find([this](std::span<const float> z, std::span<double> value,
                      std::span<float> gradient) { evaluate(z, value, gradient); },
               start_, scale);
  return finder_;
}

void PosteriorMode::evaluate(std::span<const float> z, std::span<double> value,
                             std::span<float> gradient) {
  const kernels::Leaf& leaf = kernel_.leaf();
  std::ranges::copy(z, tape_.code.begin());
  const kernels::DecoderTrace trace = tape_.trace();
  kernels::table().decode_codes(leaf, trace);
  // A posterior of deviation 1 around z itself, of zero noise: its density there is 1, so that
  // weights are the joint density.
  const kernels::Posterior around{tape_.code.data(), nullptr, ones_.data(), zeros_.data()};
  const kernels::Observation observation{images_.observed.data(), never_.data(), zeros_.data(),
                                         zeros_.data(),           nullptr,       nullptr};
  const float* observed = images_.observed.empty() ? nullptr : images_.observed.data();
  kernels::table().log_weight(leaf, images_.pixels, images_.constant, around,
                              observed == nullptr ? nullptr : &observation, nullptr, trace,
                              log_joint_.data(), kTile);
  std::array<double, kTile> largest{};
  largest.fill(-std::numeric_limits<double>::infinity());
  for (std::size_t at = 0; at < log_joint_.size(); ++at) {
    const std::size_t lane = at % kTile;
    shares_[at] = static_cast<double>(log_joint_[at]) +
                  static_cast<double>(weights_.log[at / kTile * weights_.stride + lane]);
    largest[lane] = std::max(shares_[at], largest[lane]);
  }
  for (std::size_t at = 0; at < shares_.size(); ++at) shares_[at] -= largest[at % kTile];
  kernels::table().exp_array(shares_.data(), shares_.data(), shares_.size());
  std::array<double, kTile> sum{};
  for (std::size_t at = 0; at < shares_.size(); ++at) sum[at % kTile] += shares_[at];
  for (std::size_t lane = 0; lane < kTile; ++lane) {
    value[lane] = largest[lane] + std::log(sum[lane]);
  }
  if (gradient.empty()) return;
  for (std::size_t at = 0; at < shares_.size(); ++at) {
    leaf_gradient_[at] = static_cast<float>(shares_[at] / sum[at % kTile]);
  }
  kernels::table().decode_backward(leaf, images_.pixels, observed, ones_.data(),
                                   leaf_gradient_.data(), trace, gradient.data(), nullptr);
}

}  // namespace spvae
