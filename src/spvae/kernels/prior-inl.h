// The learned priors of an expert's leaves over one tile of codes.
#if defined(SPVAE_KERNELS_PRIOR_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_PRIOR_INL_H_
#undef SPVAE_KERNELS_PRIOR_INL_H_
#else
#define SPVAE_KERNELS_PRIOR_INL_H_
#endif

#include <algorithm>

#include "spvae/kernels/kernels.h"
#include "spvae/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// log p_j(z) of one lane vector for each leaf, but for (2π)^(−Z/2); leaves in blocks that share the
// loads of z. Returns the largest.
HWY_INLINE Float LogPriors(const Leaf& leaf, const float* code, int lane, float* out,
                           std::size_t stride) {
  const FloatTag d;
  constexpr int kBlock = 4;
  const int row = prior_floats(leaf.latent);
  const int shift = padded(leaf.latent);
  Float largest = Constant(kMinusInfinity);
  for (int first = 0; first < leaf.leaves; first += kBlock) {
    const int count = std::min(kBlock, leaf.leaves - first);
    // Beyond the last leaf, its own once more.
    const float* prior[kBlock];
    for (int b = 0; b < kBlock; ++b)
      prior[b] = leaf.priors + (first + std::min(b, count - 1)) * row;
    Float s0 = hn::Zero(d);
    Float s1 = hn::Zero(d);
    Float s2 = hn::Zero(d);
    Float s3 = hn::Zero(d);
    const auto add = [&](const float* of, Float z, int i, Float sum) HWY_ATTR {
      const Float u = hn::MulAdd(z, Constant(of[i]), Constant(of[shift + i]));
      return hn::MulAdd(u, u, sum);
    };
    for (int i = 0; i < leaf.latent; ++i) {
      const Float z = hn::Load(d, code + i * kTile + lane);
      s0 = add(prior[0], z, i, s0);
      s1 = add(prior[1], z, i, s1);
      s2 = add(prior[2], z, i, s2);
      s3 = add(prior[3], z, i, s3);
    }
    const auto finish = [&](int b, Float squares) HWY_ATTR {
      if (b >= count) return;
      const Float log_p = hn::NegMulAdd(Constant(0.5f), squares, Constant(prior[b][2 * shift]));
      largest = hn::Max(largest, log_p);
      hn::StoreU(log_p, d, out + static_cast<std::size_t>(first + b) * stride + lane);
    };
    finish(0, s0);
    finish(1, s1);
    finish(2, s2);
    finish(3, s3);
  }
  return largest;
}

// log(α·mean of p_j(z) + (1 − α)·q(z|x)) from the logarithms.
HWY_INLINE Float LogMixture(const Leaf& leaf, const Observation& observation, Float largest,
                            Float log_posterior, const float* log_priors, std::size_t stride,
                            int lane) {
  const FloatTag d;
  Float sum = hn::Zero(d);
  for (int j = 0; j < leaf.leaves; ++j) {
    const float* row = log_priors + static_cast<std::size_t>(j) * stride + lane;
    sum = hn::Add(sum, Exp(hn::Sub(hn::LoadU(d, row), largest)));
  }
  const Float mean = Log(hn::Div(sum, Constant(static_cast<float>(leaf.leaves))));
  const Float prior =
      hn::Add(hn::Load(d, observation.log_prior_share + lane), hn::Add(largest, mean));
  const Float encoder = hn::Add(hn::Load(d, observation.log_encoder_share + lane), log_posterior);
  const Float larger = hn::Max(prior, encoder);
  return hn::Add(larger, Softplus(hn::Sub(hn::Min(prior, encoder), larger)));
}

// dz = Σ over leaves of their gradients · d log p_j(z)/dz.
HWY_INLINE void PriorBackward(const Leaf& leaf, const float* row_gradient,
                              const float* leaf_gradient, const float* code, float* dz) {
  const FloatTag d;
  const int row = prior_floats(leaf.latent);
  const int shift = padded(leaf.latent);
  for (int i = 0; i < leaf.latent; ++i) {
    for (int lane = 0; lane < kTile; lane += kLanes) {
      const int at = i * kTile + lane;
      const Float z = hn::Load(d, code + at);
      if (leaf.priors == nullptr) {
        hn::Store(hn::Neg(hn::Mul(hn::Load(d, row_gradient + lane), z)), d, dz + at);
        continue;
      }
      Float even = hn::Zero(d);
      Float odd = hn::Zero(d);
      const auto add = [&](int j, Float sum) HWY_ATTR {
        const Float inverse = Constant(leaf.priors[j * row + i]);
        const Float u = hn::MulAdd(z, inverse, Constant(leaf.priors[j * row + shift + i]));
        return hn::NegMulAdd(hn::Mul(hn::Load(d, leaf_gradient + j * kTile + lane), u), inverse,
                             sum);
      };
      int j = 0;
      for (; j + 2 <= leaf.leaves; j += 2) {
        even = add(j, even);
        odd = add(j + 1, odd);
      }
      if (j < leaf.leaves) even = add(j, even);
      hn::Store(hn::Add(even, odd), d, dz + at);
    }
  }
}

// Table::prepare_prior.
void PreparePrior(const float* parameters, int latent, float* out) {
  const FloatTag d;
  const int width = padded(latent);
  alignas(64) float mean[kLanes] = {};
  alignas(64) float rho[kLanes] = {};
  alignas(64) float logarithm[kLanes];
  float log_scale = 0;
  for (int first = 0; first < latent; first += kLanes) {
    const int count = std::min(kLanes, latent - first);
    std::copy_n(parameters + first, count, mean);
    std::copy_n(parameters + latent + first, count, rho);
    const Float scale =
        hn::Add(Constant(static_cast<float>(kMinPriorScale)), Softplus(hn::Load(d, rho)));
    const Float inverse = hn::Div(Constant(1.0f), scale);
    hn::Store(Log(scale), d, logarithm);
    hn::Store(inverse, d, rho);
    hn::Store(hn::Neg(hn::Mul(hn::Load(d, mean), inverse)), d, mean);
    std::copy_n(rho, count, out + first);
    std::copy_n(mean, count, out + width + first);
    for (int i = 0; i < count; ++i) log_scale += logarithm[i];
  }
  out[2 * width] = -log_scale;
}

// Table::prior_gradient: dμ = Σ g·u/σ, dρ = Σ g·(u² − 1)/σ · sigmoid(ρ), the latter from σ's
// softplus(ρ) = s by 1 − e^−s.
void PriorGradient(const float* prior, int latent, const float* sums, float* grad) {
  const FloatTag d;
  const int width = padded(latent);
  alignas(64) float mean[kLanes];
  alignas(64) float rho[kLanes];
  for (int first = 0; first < latent; first += kLanes) {
    const Float inverse = hn::LoadU(d, prior + first);
    const Float s =
        hn::Sub(hn::Div(Constant(1.0f), inverse), Constant(static_cast<float>(kMinPriorScale)));
    const Float slope = hn::Mul(s, OneMinusExpOverArgument(s));
    const Float square_less_one =
        hn::Sub(hn::LoadU(d, sums + 2 * width + first), hn::LoadU(d, sums + first));
    hn::Store(hn::Mul(hn::LoadU(d, sums + width + first), inverse), d, mean);
    hn::Store(hn::Mul(hn::Mul(square_less_one, inverse), slope), d, rho);
    const int count = std::min(kLanes, latent - first);
    std::copy_n(mean, count, grad + first);
    std::copy_n(rho, count, grad + latent + first);
  }
}

// Table::add_prior_sums. Features along the vector: every target sums lanes in the same order.
void AddPriorSums(const Leaf& leaf, const float* leaf_gradient, const float* transposed,
                  float* sums) {
  const FloatTag d;
  const int row = prior_floats(leaf.latent);
  const int width = padded(leaf.latent);
  for (int j = 0; j < leaf.leaves; ++j) {
    const float* prior = leaf.priors + j * row;
    float* out = sums + j * 3 * width;
    for (int i = 0; i < width; i += kLanes) {
      const Float inverse = hn::LoadU(d, prior + i);
      const Float shift = hn::LoadU(d, prior + width + i);
      Float zeroth = hn::LoadU(d, out + i);
      Float first = hn::LoadU(d, out + width + i);
      Float second = hn::LoadU(d, out + 2 * width + i);
      for (int lane = 0; lane < kTile; ++lane) {
        const Float g = Constant(leaf_gradient[j * kTile + lane]);
        const Float u = hn::MulAdd(hn::LoadU(d, transposed + lane * width + i), inverse, shift);
        const Float gu = hn::Mul(g, u);
        zeroth = hn::Add(zeroth, g);
        first = hn::Add(first, gu);
        second = hn::MulAdd(gu, u, second);
      }
      hn::StoreU(zeroth, d, out + i);
      hn::StoreU(first, d, out + width + i);
      hn::StoreU(second, d, out + 2 * width + i);
    }
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
