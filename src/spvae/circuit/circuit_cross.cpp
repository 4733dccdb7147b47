// The passes of cross products: tile by tile.
#include <algorithm>

#include "spvae/circuit/circuit.h"
#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"

namespace spvae {

kernels::CircuitGraph Circuit::graph(const Trace& trace) const {
  return {regions_.data(), regions_.size(), partitions_.data(), trace.weights.data()};
}

void Circuit::forward_cross(std::span<const double> leaf_values, ThreadPool& pool,
                            Trace& trace) const {
  const int stride = trace.stride;
  trace.values.resize(index(nodes()) * index(stride));
  trace.scaled.resize(trace.values.size());
  trace.maxima.resize(regions_.size() * index(stride));
  trace.totals.resize(trace.maxima.size());
  std::copy(leaf_values.begin(), leaf_values.end(), trace.values.begin());

  pool.run(stride / kernels::kTile, [&](int tile, int) {
    const std::size_t lane = index(tile) * kernels::kTile;
    kernels::CircuitForward pass;
    pass.graph = graph(trace);
    pass.stride = index(stride);
    pass.values = trace.values.data() + lane;
    pass.scaled = trace.scaled.data() + lane;
    pass.maxima = trace.maxima.data() + lane;
    pass.totals = trace.totals.data() + lane;
    kernels::table().circuit_forward(pass);
  });
}

void Circuit::backward_cross(const Trace& trace, int size, ThreadPool& pool,
                             std::span<double> responsibilities,
                             std::span<float> grad_logits) const {
  const int tiles = trace.stride / kernels::kTile;
  std::size_t largest_region = 0;
  for (const kernels::CircuitRegion& region : regions_) {
    largest_region = std::max(largest_region, index(region.nodes) * index(region.products));
  }
  AlignedVector<double> grad_weights(index(tiles) * sum_weights_);
  struct Work {
    AlignedVector<double> grad_scaled, lane_sums, scaled, maxima, totals;
  };
  std::vector<Work> works(index(pool.threads()));

  pool.run(tiles, [&](int tile, int thread) {
    const std::size_t lane = index(tile) * kernels::kTile;
    const std::size_t active = index(std::clamp(size - tile * kernels::kTile, 0, kernels::kTile));
    Work& work = works[index(thread)];
    work.grad_scaled.assign(index(nodes()) * kernels::kTile, 0.0);
    std::fill_n(work.grad_scaled.end() - kernels::kTile, active, 1.0);
    work.lane_sums.resize(largest_region * kernels::kCircuitLanes);

    kernels::CircuitBackward pass;
    pass.graph = graph(trace);
    pass.stride = index(trace.stride);
    pass.scaled = trace.scaled.data() + lane;
    pass.maxima = trace.maxima.data() + lane;
    pass.totals = trace.totals.data() + lane;
    if (active < kernels::kTile) {
      // What the lanes to ignore hold may be NaN, which times 0 is not 0.
      const auto cut = [&](const AlignedVector<double>& from, AlignedVector<double>& to,
                           double rest) {
        const std::size_t rows = from.size() / pass.stride;
        to.assign(rows * kernels::kTile, rest);
        for (std::size_t row = 0; row < rows; ++row) {
          std::copy_n(from.data() + row * pass.stride + lane, active,
                      to.data() + row * kernels::kTile);
        }
      };
      cut(trace.scaled, work.scaled, 0.0);
      cut(trace.maxima, work.maxima, 0.0);
      cut(trace.totals, work.totals, 1.0);
      pass.stride = kernels::kTile;
      pass.scaled = work.scaled.data();
      pass.maxima = work.maxima.data();
      pass.totals = work.totals.data();
    }
    pass.grad_scaled = work.grad_scaled.data();
    pass.lane_sums = work.lane_sums.data();
    pass.responsibility_stride = index(trace.stride);
    pass.responsibilities = responsibilities.data() + lane;
    pass.grad_weights = grad_weights.data() + index(tile) * sum_weights_;
    kernels::table().circuit_backward(pass);
  });

  // Tiles in order; then through the softmax: d / d logit_j = g_j − w_j Σ g.
  for (int tile = 1; tile < tiles; ++tile) {
    const double* from = grad_weights.data() + index(tile) * sum_weights_;
    for (std::size_t j = 0; j < sum_weights_; ++j) grad_weights[j] += from[j];
  }
  for (int sum = 0; sum < sum_nodes(); ++sum) {
    const std::size_t first = first_weight(sum);
    const std::size_t end = first + index(branches(sum));
    double total = 0;
    for (std::size_t j = first; j < end; ++j) total += grad_weights[j];
    for (std::size_t j = first; j < end; ++j) {
      grad_logits[j] = static_cast<float>(grad_weights[j] - trace.weights[j] * total);
    }
  }
}

}  // namespace spvae
