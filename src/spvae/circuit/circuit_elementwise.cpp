// The passes of element-wise products: level by level, tile by tile.
#include <algorithm>
#include <cmath>

#include "spvae/circuit/circuit.h"
#include "spvae/core/index.h"
#include "spvae/kernels/kernels.h"

namespace spvae {

double Circuit::log_value(const Trace& trace, int node, int lane) const {
  const std::size_t stride = index(trace.stride);
  const std::size_t at = index(lane);
  if (node == root()) return trace.root()[at];
  if (is_leaf(node) || product_ == Product::kCross) return trace.values[index(node) * stride + at];
  constexpr std::size_t kTile = kernels::kTile;
  const std::size_t tile = at / kTile;
  const std::size_t sum = tile * index(sum_nodes()) + index(node - leaves_);
  const std::size_t row = state_regions_.size() + index(bank_of_[index(node - leaves_)]);
  const std::size_t maximum = tile * (state_regions_.size() + banks_.size()) + row;
  return trace.maxima[maximum * kTile + at % kTile] +
         std::log(trace.sums[sum * kTile + at % kTile]);
}

kernels::StatePass Circuit::state_pass(Trace& trace, int tile) const {
  const auto of_tile = [&](AlignedVector<double>& rows) {
    return rows.data() + rows.size() / index(trace.stride) * kernels::kTile * index(tile);
  };
  kernels::StatePass pass;
  pass.regions = state_regions_.data();
  pass.region_count = state_regions_.size();
  pass.banks = banks_.data();
  pass.readers = readers_.data();
  pass.weights = trace.weights.data();
  pass.scaled = of_tile(trace.scaled);
  pass.maxima = of_tile(trace.maxima);
  pass.totals = of_tile(trace.totals);
  pass.sums = of_tile(trace.sums);
  pass.grad_sums = of_tile(trace.grad_sums);
  return pass;
}

void Circuit::forward_states(std::span<const double> leaf_values, ThreadPool& pool,
                             Trace& trace) const {
  const std::size_t stride = index(trace.stride);
  const int tiles = trace.stride / kernels::kTile;
  trace.values.resize((index(leaves_) + 1) * stride);
  trace.scaled.resize(index(leaves_ + product_nodes_) * stride);
  trace.maxima.resize((state_regions_.size() + banks_.size()) * stride);
  trace.totals.resize(trace.maxima.size());
  trace.sums.resize(index(sum_nodes()) * stride);
  trace.grad_sums.resize(trace.sums.size());
  pool.run(leaves_ / k_leaf_, [&](int r, int) {
    const std::size_t row = index(r) * index(k_leaf_) * stride;
    std::copy_n(leaf_values.data() + row, index(k_leaf_) * stride, trace.values.data() + row);
  });
  for (const std::vector<int>& level : levels_) {
    pool.run(static_cast<int>(level.size()) * tiles, [&](int task, int) {
      const int tile = task % tiles;
      const std::size_t lane = index(tile) * kernels::kTile;
      kernels::table().states_forward(state_pass(trace, tile), index(level[index(task / tiles)]),
                                      leaf_values.data() + lane, stride,
                                      trace.root().data() + lane);
    });
  }
}

void Circuit::backward_states(Trace& trace, int size, ThreadPool& pool,
                              std::span<double> responsibilities,
                              std::span<float> grad_logits) const {
  constexpr std::size_t kTile = kernels::kTile;
  const std::size_t stride = index(trace.stride);
  const int tiles = trace.stride / kernels::kTile;
  std::size_t most_states = 0;
  for (const kernels::StateRegion& region : state_regions_) {
    most_states = std::max(most_states, index(region.states));
  }
  std::vector<AlignedVector<double>> works(index(pool.threads()));
  const auto work_of = [&](int thread, std::size_t count) {
    AlignedVector<double>& work = works[index(thread)];
    work.resize(std::max(work.size(), count));
    return work.data();
  };
  for (auto level = levels_.rbegin(); level != levels_.rend(); ++level) {
    pool.run(static_cast<int>(level->size()) * tiles, [&](int task, int thread) {
      const int tile = task % tiles;
      const int active = std::clamp(size - tile * kernels::kTile, 0, kernels::kTile);
      kernels::table().states_backward(state_pass(trace, tile),
                                       index((*level)[index(task / tiles)]), index(active),
                                       work_of(thread, most_states * kTile),
                                       responsibilities.data() + index(tile) * kTile, stride);
    });
  }
  pool.run(static_cast<int>(blocks_.size()), [&](int task, int thread) {
    const auto& [number, first, sums] = blocks_[index(task)];
    const Bank& bank = banks_[index(number)];
    const std::size_t branches = index(bank.branches);
    const std::size_t weight = bank.first_weight + index(first) * branches;
    const std::size_t state = index(state_regions_[index(bank.region)].first_state);
    kernels::SumGradient pass;
    pass.sums = index(sums);
    pass.branches = branches;
    pass.weights = trace.weights.data() + weight;
    pass.states = trace.scaled.data() + state * kTile;
    pass.states_step = index(leaves_ + product_nodes_) * kTile;
    pass.grad_sums = trace.grad_sums.data() + index(bank.first_sum + first) * kTile;
    pass.grad_sums_step = index(sum_nodes()) * kTile;
    pass.images = index(size);
    pass.work = work_of(thread, kernels::sum_gradient_work(branches, index(size)));
    pass.grad_logits = grad_logits.data() + weight;
    kernels::table().sum_gradient(pass);
  });
}

}  // namespace spvae
