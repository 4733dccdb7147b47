#pragma once

#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"
#include "spvae/query/evidence.h"

namespace spvae {

/// What each super-pixel (leaf region) S adds to the log-likelihood of each image: log p(x) − log
/// p(x without S), nats, [size, leaf regions] image by image. Exact, given the leaves' values: S is
/// marginalised by giving its leaves the value 0. They need not add up to log p(x).
std::vector<double> contributions(const Spvae& model, const Evidence& evidence, ThreadPool& pool);

/// Log-likelihoods of images, and what the parts of these add to them, nats.
struct Contributions {
  std::vector<double> log_likelihood;  ///< [N]
  std::vector<double> parts;           ///< [N, leaf regions]
};

/// Of all images, in order. Throws as for_each_batch.
Contributions contributions(const Spvae& model, const ImageSet& images, const Sampling& sampling,
                            LeafEngine& engine, ThreadPool& pool,
                            const EvaluationObserver& observer = {});

}  // namespace spvae
