// Importance weights and Adam.
#if defined(SPVAE_KERNELS_TRAINING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SPVAE_KERNELS_TRAINING_INL_H_
#undef SPVAE_KERNELS_TRAINING_INL_H_
#else
#define SPVAE_KERNELS_TRAINING_INL_H_
#endif

#include "spvae/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::kernels::HWY_NAMESPACE {

// What to subtract so that −∞ − maximum is not NaN when all weights vanish.
HWY_INLINE Float FiniteOrZero(Float maximum) {
  return hn::IfThenElseZero(hn::Gt(maximum, Constant(kMinusInfinity)), maximum);
}

// Table::importance.
void Importance(const float* log_weight, std::size_t stride, int samples, float* normalised,
                float* maximum, float* log_mean) {
  const FloatTag d;
  const auto rows = static_cast<std::size_t>(samples);
  for (int lane = 0; lane < kTile; lane += kLanes) {
    Float top = Constant(kMinusInfinity);
    for (std::size_t s = 0; s < rows; ++s) {
      top = hn::Max(top, hn::LoadU(d, log_weight + s * stride + lane));
    }
    const Float reference = FiniteOrZero(top);
    Float sum = hn::Zero(d);
    for (std::size_t s = 0; s < rows; ++s) {
      const Float w = Exp(hn::Sub(hn::LoadU(d, log_weight + s * stride + lane), reference));
      sum = hn::Add(sum, w);
      hn::StoreU(w, d, normalised + s * stride + lane);
    }
    const auto impossible = hn::Eq(sum, hn::Zero(d));
    const Float safe = hn::IfThenElse(impossible, Constant(1.0f), sum);
    for (std::size_t s = 0; s < rows; ++s) {
      float* w = normalised + s * stride + lane;
      hn::StoreU(hn::Div(hn::LoadU(d, w), safe), d, w);
    }
    // The maximum may have passed over a NaN, the sum has not.
    hn::StoreU(hn::IfThenElse(hn::IsNaN(sum), sum, top), d, maximum + lane);
    hn::StoreU(Log(hn::Div(safe, Constant(static_cast<float>(samples)))), d, log_mean + lane);
  }
}

// Table::accumulate.
void Accumulate(const float* log_weight, int samples, float* maximum, double* sum,
                double* sum_squares, float* blocks, std::size_t stride) {
  const FloatTag d;
  HWY_ALIGN float rescale[kTile];
  HWY_ALIGN float part[kTile];
  HWY_ALIGN float part_squares[kTile];
  for (int lane = 0; lane < kTile; lane += kLanes) {
    const Float former = hn::LoadU(d, maximum + lane);
    Float top = former;
    for (int s = 0; s < samples; ++s)
      top = hn::Max(top, hn::Load(d, log_weight + s * kTile + lane));
    const Float reference = FiniteOrZero(top);
    const Float factor = Exp(hn::Sub(former, reference));
    for (int b = 0; blocks != nullptr && b < kBlocks; ++b) {
      float* block = blocks + static_cast<std::size_t>(b) * stride + lane;
      hn::StoreU(hn::Mul(hn::LoadU(d, block), factor), d, block);
    }
    Float total = hn::Zero(d);
    Float squares = hn::Zero(d);
    for (int s = 0; s < samples; ++s) {
      const Float w = Exp(hn::Sub(hn::Load(d, log_weight + s * kTile + lane), reference));
      total = hn::Add(total, w);
      squares = hn::MulAdd(w, w, squares);
      if (blocks == nullptr) continue;
      float* block = blocks + static_cast<std::size_t>(s % kBlocks) * stride + lane;
      hn::StoreU(hn::Add(hn::LoadU(d, block), w), d, block);
    }
    hn::Store(factor, d, rescale + lane);
    hn::Store(total, d, part + lane);
    hn::Store(squares, d, part_squares + lane);
    hn::StoreU(top, d, maximum + lane);
  }
  for (int lane = 0; lane < kTile; ++lane) {
    const double factor = static_cast<double>(rescale[lane]);
    sum[lane] = sum[lane] * factor + static_cast<double>(part[lane]);
    sum_squares[lane] =
        sum_squares[lane] * (factor * factor) + static_cast<double>(part_squares[lane]);
  }
}

// Table::adam.
void Adam(const AdamStep& step, std::size_t count, const float* HWY_RESTRICT gradient,
          float* HWY_RESTRICT first_moment, float* HWY_RESTRICT second_moment,
          float* HWY_RESTRICT parameters) {
  const FloatTag d;
  const Float one = Constant(1.0f);
  const Float beta1 = Constant(step.beta1);
  const Float beta2 = Constant(step.beta2);
  const Float rest1 = hn::Sub(one, beta1);
  const Float rest2 = hn::Sub(one, beta2);
  const Float rate = Constant(step.learning_rate);
  const Float epsilon = Constant(step.epsilon);
  const auto update = [&](Float g, Float& m, Float& v, Float& theta) HWY_ATTR {
    m = hn::MulAdd(beta1, m, hn::Mul(rest1, g));
    v = hn::MulAdd(beta2, v, hn::Mul(rest2, hn::Mul(g, g)));
    theta = hn::Add(theta, hn::Div(hn::Mul(rate, m), hn::Add(hn::Sqrt(v), epsilon)));
  };
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    Float m = hn::LoadU(d, first_moment + i);
    Float v = hn::LoadU(d, second_moment + i);
    Float theta = hn::LoadU(d, parameters + i);
    update(hn::LoadU(d, gradient + i), m, v, theta);
    hn::StoreU(m, d, first_moment + i);
    hn::StoreU(v, d, second_moment + i);
    hn::StoreU(theta, d, parameters + i);
  }
  for (; i < count; ++i) {
    Float m = Constant(first_moment[i]);
    Float v = Constant(second_moment[i]);
    Float theta = Constant(parameters[i]);
    update(Constant(gradient[i]), m, v, theta);
    first_moment[i] = hn::GetLane(m);
    second_moment[i] = hn::GetLane(v);
    parameters[i] = hn::GetLane(theta);
  }
}

}  // namespace spvae::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
