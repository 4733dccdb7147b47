#include "spvae/leaves/imputation.h"

#include <array>
#include <cassert>
#include <cstddef>

namespace spvae {
namespace {

constexpr int kMostChannels = 3;

struct Mean {
  double sum = 0;
  int count = 0;

  void add(const Mean& other) {
    sum += other.sum;
    count += other.count;
  }
  float value() const { return count > 0 ? static_cast<float>(sum / count) : 0.0f; }
};

void impute_region(const Region& region, int channels, Imputation imputation, std::size_t lane,
                   Batch& batch) {
  const auto stride = static_cast<std::size_t>(batch.stride);
  std::array<Mean, kMostChannels> of_channel{};
  const auto mean_of = [&](int variable) -> Mean& {
    return of_channel[static_cast<std::size_t>(variable % channels)];
  };
  for (const int v : region.scope) {
    const std::size_t at = static_cast<std::size_t>(v) * stride + lane;
    if (batch.observed[at] != 0.0f) mean_of(v).add({static_cast<double>(batch.values[at]), 1});
  }
  Mean of_all;
  for (const Mean& mean : of_channel) of_all.add(mean);
  for (const int v : region.scope) {
    const std::size_t at = static_cast<std::size_t>(v) * stride + lane;
    if (batch.observed[at] != 0.0f) continue;
    const Mean& mean = mean_of(v).count > 0 ? mean_of(v) : of_all;
    batch.values[at] = imputation == Imputation::kPatchMean ? mean.value() : 0.0f;
  }
}

}  // namespace

void impute(const RegionGraph& graph, int channels, Imputation imputation, Batch& batch) {
  assert(channels >= 1 && channels <= kMostChannels);
  if (batch.observed.empty()) return;
  for (int region = 0; region < graph.leaf_regions(); ++region) {
    for (int lane = 0; lane < batch.stride; ++lane) {
      impute_region(graph.regions()[static_cast<std::size_t>(region)], channels, imputation,
                    static_cast<std::size_t>(lane), batch);
    }
  }
}

}  // namespace spvae
