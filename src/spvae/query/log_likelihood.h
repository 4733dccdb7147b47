#pragma once

#include <functional>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"

namespace spvae {

/// Of one image: the importance-weighted bound on log p(x) in nats (TP19 Eq. (9)), its Monte-Carlo
/// variance (delta method: Σ_leaves responsibility² · (Σw²/(Σw)² − 1/samples)) and its effective
/// sample size (Σw)²/Σw², averaged over leaves with the responsibilities as weights.
struct ImageScore {
  double log_likelihood = 0;
  double monte_carlo_variance = 0;
  double effective_samples = 0;
};

/// Called after each batch with (images done, images in all); returns false to stop (throws
/// Error(kInterrupted)).
using EvaluationObserver = std::function<bool(int done, int total)>;

/// Scores of all images, in order. Memory does not grow with `samples`. Throws Error(kData) when the
/// images' size is not the model's.
std::vector<ImageScore> log_likelihood(const Spvae& model, const ImageSet& images, int samples,
                                       const NoiseKey& noise, LeafEngine& engine, ThreadPool& pool,
                                       const EvaluationObserver& observer = {});

}  // namespace spvae
