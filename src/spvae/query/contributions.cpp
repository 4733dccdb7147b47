#include "spvae/query/contributions.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "spvae/query/log_likelihood.h"

namespace spvae {

std::vector<double> contributions(const Spvae& model, const Evidence& evidence, ThreadPool& pool) {
  const auto regions = static_cast<std::size_t>(model.graph().leaf_regions());
  const auto stride = static_cast<std::size_t>(evidence.batch.stride);
  const auto size = static_cast<std::size_t>(evidence.batch.size);
  const std::size_t cells_of_region = stride * static_cast<std::size_t>(model.circuit().k_leaf());
  std::vector<double> result(size * regions);
  AlignedVector<double> values = evidence.leaf_values;
  Circuit::Trace trace;
  for (std::size_t region = 0; region < regions; ++region) {
    const auto first = static_cast<std::ptrdiff_t>(region * cells_of_region);
    const auto count = static_cast<std::ptrdiff_t>(cells_of_region);
    std::fill_n(values.begin() + first, count, 0.0);
    model.circuit().forward(model.logits(), values, evidence.batch.stride, pool, trace);
    for (std::size_t lane = 0; lane < size; ++lane) {
      if (is_empty(evidence.batch, lane)) continue;  // exactly 0, beyond rounding
      result[lane * regions + region] = evidence.trace.root()[lane] - trace.root()[lane];
    }
    std::copy_n(evidence.leaf_values.begin() + first, count, values.begin() + first);
  }
  return result;
}

Contributions contributions(const Spvae& model, const ImageSet& images, const Sampling& sampling,
                            LeafEngine& engine, ThreadPool& pool,
                            const EvaluationObserver& observer) {
  Contributions all;
  for_each_batch(model, images, sampling, engine, pool, observer, [&](const Evidence& evidence) {
    for (int lane = 0; lane < evidence.batch.size; ++lane) {
      all.log_likelihood.push_back(score_of(model, evidence, lane).log_likelihood);
    }
    std::ranges::copy(contributions(model, evidence, pool), std::back_inserter(all.parts));
  });
  return all;
}

}  // namespace spvae
