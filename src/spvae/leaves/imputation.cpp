#include "spvae/leaves/imputation.h"

#include <cstddef>

namespace spvae {
namespace {

void impute_region(const Region& region, Imputation imputation, std::size_t lane, Batch& batch) {
  const auto stride = static_cast<std::size_t>(batch.stride);
  double sum = 0;
  int count = 0;
  for (const int pixel : region.scope) {
    const std::size_t at = static_cast<std::size_t>(pixel) * stride + lane;
    if (batch.observed[at] == 0.0f) continue;
    sum += static_cast<double>(batch.values[at]);
    ++count;
  }
  const bool has_mean = imputation == Imputation::kPatchMean && count > 0;
  const float value = has_mean ? static_cast<float>(sum / count) : 0.0f;
  for (const int pixel : region.scope) {
    const std::size_t at = static_cast<std::size_t>(pixel) * stride + lane;
    if (batch.observed[at] == 0.0f) batch.values[at] = value;
  }
}

}  // namespace

void impute(const RegionGraph& graph, Imputation imputation, Batch& batch) {
  if (batch.observed.empty()) return;
  for (int region = 0; region < graph.leaf_regions(); ++region) {
    for (int lane = 0; lane < batch.stride; ++lane) {
      impute_region(graph.regions()[static_cast<std::size_t>(region)], imputation,
                    static_cast<std::size_t>(lane), batch);
    }
  }
}

}  // namespace spvae
