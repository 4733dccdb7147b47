#include "fma_roof.h"

#include <string_view>

#include "spvae/core/error.h"
#include "spvae/simd/targets.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fma_roof.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::bench::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// As many sums as hide the latency of two units, and fit the registers of every target.
constexpr int kChains = 12;

template <class Number>
double in_registers(std::int64_t rounds) {
  const hn::ScalableTag<Number> d;
  using Vector = hn::Vec<decltype(d)>;
  Vector sum[kChains];
  for (int i = 0; i < kChains; ++i) sum[i] = hn::Set(d, static_cast<Number>(i));
  const Vector factor = hn::Set(d, static_cast<Number>(0.999));
  const Vector term = hn::Set(d, static_cast<Number>(0.001));
  for (std::int64_t round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sum[i] = hn::MulAdd(sum[i], factor, term);
  }
  Vector total = hn::Zero(d);
  for (int i = 0; i < kChains; ++i) total = hn::Add(total, sum[i]);
  [[maybe_unused]] volatile Number used = hn::GetLane(total);
  return 2.0 * kChains * static_cast<double>(rounds) * static_cast<double>(hn::Lanes(d));
}

double multiply_adds_of_floats(std::int64_t rounds) { return in_registers<float>(rounds); }
double multiply_adds_of_doubles(std::int64_t rounds) { return in_registers<double>(rounds); }

}  // namespace spvae::bench::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spvae::bench {

HWY_EXPORT(multiply_adds_of_floats);
HWY_EXPORT(multiply_adds_of_doubles);

MultiplyAdds multiply_adds(const char* target, bool of_doubles) {
  for (const std::int64_t bits : hwy::SupportedAndGeneratedTargets()) {
    if (std::string_view(hwy::TargetName(bits)) != target) continue;
    hwy::SetSupportedTargetsForTest(bits);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    const MultiplyAdds function = of_doubles ? &HWY_DYNAMIC_DISPATCH(multiply_adds_of_doubles)
                                             : &HWY_DYNAMIC_DISPATCH(multiply_adds_of_floats);
    hwy::SetSupportedTargetsForTest(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    return function;
  }
  fail(ErrorKind::kUsage, "this machine cannot run the target {}", target);
}

}  // namespace spvae::bench
#endif  // HWY_ONCE
