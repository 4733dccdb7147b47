// bench_circuit [THREADS [K …]]: the circuit of element-wise products over a binary tree of 4 × 4
// leaf regions, batch 128: milliseconds of each pass, and the operations of its products a second
// as a share of what as many threads do in registers in the same run.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "fma_roof.h"
#include "spvae/circuit/circuit.h"
#include "spvae/core/index.h"
#include "spvae/core/median.h"
#include "spvae/core/random.h"
#include "spvae/kernels/kernels.h"
#include "stopwatch.h"

namespace spvae::bench {
namespace {

/// 16 variables in a row, halved down to one.
RegionGraph binary_tree() {
  std::vector<Region> regions;
  std::vector<Partition> partitions;
  for (int width = 1; width <= 16; width *= 2) {
    const int below = static_cast<int>(regions.size()) - 32 / width;
    for (int first = 0; first < 16; first += width) {
      std::vector<int> scope;
      for (int i = first; i < first + width; ++i) scope.push_back(i);
      const int left = below + 2 * first / width;
      if (width > 1) partitions.push_back({static_cast<int>(regions.size()), left, left + 1});
      regions.push_back({scope});
    }
  }
  return {16, regions, partitions};
}

double roof(ThreadPool& pool) {
  const MultiplyAdds function = multiply_adds(kernels::table().target, true);
  constexpr std::int64_t kRounds = 4'000'000;
  std::vector<double> operations(index(pool.threads()));
  const auto run = [&](int task, int) { operations[index(task)] = function(kRounds); };
  pool.run(pool.threads(), run);
  Stopwatch watch;
  pool.run(pool.threads(), run);
  return operations[0] * pool.threads() / watch.lap();
}

void measure(int k, ThreadPool& pool) {
  constexpr int kBatch = 128;
  const Circuit circuit(binary_tree(), k, k, Product::kElementwise);
  std::vector<float> logits(circuit.sum_weights());
  std::vector<double> values(index(circuit.leaves()) * kBatch);
  for (std::uint32_t i = 0; i < logits.size(); ++i) {
    logits[i] = static_cast<float>(random_normal({.seed = 1}, i));
  }
  for (std::uint32_t i = 0; i < values.size(); ++i) {
    values[i] = 10 * random_normal({.seed = 2}, i) - 100;
  }
  std::vector<double> responsibilities(values.size());
  std::vector<float> grad(logits.size());
  Circuit::Trace trace;
  std::vector<double> forward;
  std::vector<double> backward;
  Stopwatch watch;
  for (int i = 0; i < std::max(10, 4000 / k); ++i) {
    watch.lap();
    circuit.forward(logits, values, kBatch, pool, trace);
    forward.push_back(watch.lap());
    circuit.backward(trace, kBatch, pool, responsibilities, grad);
    backward.push_back(watch.lap());
  }
  const double seconds[] = {median(forward), median(backward)};
  const double products = 2.0 * kBatch * static_cast<double>(circuit.sum_weights());
  const double peak = roof(pool);
  std::printf(
      "K %4d  weights %8zu  forward %7.2f ms (%2.0f %%)  backward %7.2f ms (%2.0f %%)  "
      "%7.1f us/image  roof %.1f GFLOP/s\n",
      k, circuit.sum_weights(), 1e3 * seconds[0], 100 * products / seconds[0] / peak,
      1e3 * seconds[1], 200 * products / seconds[1] / peak,
      1e6 * (seconds[0] + seconds[1]) / kBatch, peak / 1e9);
}

}  // namespace
}  // namespace spvae::bench

int main(int count, char** words) {
  spvae::ThreadPool pool(count > 1 ? std::atoi(words[1]) : 1);
  std::vector<int> sizes;
  for (int i = 2; i < count; ++i) sizes.push_back(std::atoi(words[i]));
  if (sizes.empty()) sizes = {16, 64, 256};
  for (const int k : sizes) spvae::bench::measure(k, pool);
}
