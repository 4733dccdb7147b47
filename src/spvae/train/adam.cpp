#include "spvae/train/adam.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

/// Floats of one task: whole cache lines, so that threads never share one.
constexpr std::size_t kChunk = std::size_t{1} << 15;

/// base^exponent by squaring: a library's pow may differ in its last bit between machines.
double power(double base, std::int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result *= base;
    base *= base;
  }
  return result;
}

}  // namespace

Adam::Adam(const AdamConfig& config, std::size_t size)
    : config_(config), first_moment_(size), second_moment_(size) {}

void Adam::ascend(std::int64_t t, double learning_rate, std::size_t first,
                  std::span<const float> gradient, std::span<float> parameters, ThreadPool& pool) {
  const std::size_t size = gradient.size();
  assert(t >= 1 && first + size <= first_moment_.size() && parameters.size() == size);

  // The corrections belong to the rounded decays that the moments are made with.
  const auto beta1 = static_cast<float>(config_.beta1);
  const auto beta2 = static_cast<float>(config_.beta2);
  const double correction1 = 1 - power(double{beta1}, t);
  const double correction2 = std::sqrt(1 - power(double{beta2}, t));
  const kernels::AdamStep step{
      .learning_rate = static_cast<float>(learning_rate * correction2 / correction1),
      .beta1 = beta1,
      .beta2 = beta2,
      .epsilon = static_cast<float>(config_.epsilon * correction2)};

  const int chunks = static_cast<int>((size + kChunk - 1) / kChunk);
  pool.run(chunks, [&](int chunk, int) {
    const std::size_t begin = static_cast<std::size_t>(chunk) * kChunk;
    const std::size_t count = std::min(kChunk, size - begin);
    kernels::table().adam(step, count, &gradient[begin], &first_moment_[first + begin],
                          &second_moment_[first + begin], &parameters[begin]);
  });
}

}  // namespace spvae
