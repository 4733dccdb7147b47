// The machine's roof: independent fused multiply-adds in registers, one thread, the best target.
#include <benchmark/benchmark.h>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "fma_roof.cpp"
#include "hwy/foreach_target.h"  // must come before highway.h
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace spvae::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

constexpr int kChains = 12;

// Returns the operations done (2 a multiply-add).
double MultiplyAdds(int rounds, float* out) {
  const hn::ScalableTag<float> d;
  using Vector = hn::Vec<decltype(d)>;
  Vector sum[kChains];
  for (int i = 0; i < kChains; ++i) sum[i] = hn::Set(d, static_cast<float>(i));
  const Vector factor = hn::Set(d, 0.999f);
  const Vector term = hn::Set(d, 0.001f);
  for (int round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sum[i] = hn::MulAdd(sum[i], factor, term);
  }
  Vector total = hn::Zero(d);
  for (int i = 0; i < kChains; ++i) total = hn::Add(total, sum[i]);
  *out = hn::GetLane(total);
  return 2.0 * kChains * rounds * static_cast<double>(hn::Lanes(d));
}

}  // namespace spvae::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace spvae {
namespace {

HWY_EXPORT(MultiplyAdds);

void fma_roof(benchmark::State& state) {
  double operations = 0;
  float result = 0;
  for (auto _ : state) {
    operations += HWY_DYNAMIC_DISPATCH(MultiplyAdds)(100000, &result);
    benchmark::DoNotOptimize(result);
  }
  state.counters["flops"] = benchmark::Counter(operations, benchmark::Counter::kIsRate);
}
BENCHMARK(fma_roof);

}  // namespace
}  // namespace spvae
#endif  // HWY_ONCE
