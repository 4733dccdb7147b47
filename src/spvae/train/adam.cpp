#include "spvae/train/adam.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "spvae/core/index.h"
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

Adam::Adam(const AdamConfig& config, std::size_t size) : Adam(config, size, {{0, size, 1}}) {}

Adam::Adam(const AdamConfig& config, std::size_t size, const std::vector<Part>& parts)
    : config_(config), first_moment_(size), second_moment_(size) {
  for (const Part& part : parts) {
    assert(part.first + part.size <= first_moment_.size());
    for (std::size_t begin = 0; begin < part.size; begin += kChunk) {
      chunks_.push_back({part.first + begin, std::min(kChunk, part.size - begin), part.rate});
    }
  }
}

void Adam::ascend(std::int64_t t, double learning_rate, std::span<const float> gradient,
                  std::span<float> parameters, ThreadPool& pool) {
  assert(t >= 1 && gradient.size() == first_moment_.size());
  assert(parameters.size() == first_moment_.size());

  // The corrections belong to the rounded decays that the moments are made with.
  const auto beta1 = static_cast<float>(config_.beta1);
  const auto beta2 = static_cast<float>(config_.beta2);
  const double correction1 = 1 - power(double{beta1}, t);
  const double correction2 = std::sqrt(1 - power(double{beta2}, t));
  const kernels::AdamStep step{.learning_rate = 0,
                               .beta1 = beta1,
                               .beta2 = beta2,
                               .epsilon = static_cast<float>(config_.epsilon * correction2)};

  pool.run(static_cast<int>(chunks_.size()), [&](int chunk, int) {
    const auto& [first, count, rate] = chunks_[index(chunk)];
    kernels::AdamStep own = step;
    own.learning_rate = static_cast<float>(learning_rate * rate * correction2 / correction1);
    kernels::table().adam(own, count, &gradient[first], &first_moment_[first],
                          &second_moment_[first], &parameters[first]);
  });
}

}  // namespace spvae
