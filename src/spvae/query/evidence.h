#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/batch.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/imputation.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"
#include "spvae/pass/pass.h"

namespace spvae {

/// How queries sample the codes of leaves.
struct Sampling {
  int samples = 100;  ///< importance samples of each leaf and image
  NoiseKey noise = {.purpose = Purpose::kEvaluation, .prior_share = 0.2};
  Imputation imputation = Imputation::kPatchMean;  ///< of missing pixels
  bool keeps_weights = false;                      ///< as PassSettings has it
  Sampler sampler = Sampler::kEncoder;
};

/// What a model makes of a batch of images, which may be partly observed (ImageSet::observed).
struct Evidence : Pass {
  Batch batch;
  double prior_share = 0;  ///< NoiseKey::prior_share of the samples
};

/// Whether nothing of an image of a batch is observed.
bool is_empty(const Batch& batch, std::size_t lane);

/// Fills `evidence` with rows `rows` of `images`, reusing its memory. False if the observer stopped
/// it. Error(kUsage) for samples < 1; Error(kNumerical), naming the image, when log p is not
/// finite.
bool gather_evidence(const Spvae& model, const ImageSet& images,
                     std::span<const std::uint32_t> rows, const Sampling& sampling,
                     LeafEngine& engine, ThreadPool& pool, const SamplingObserver& observer,
                     Evidence& evidence);

/// Called every second or so with (images done, images in all), a batch at hand by the share of its
/// samples; returns false to stop (throws Error(kInterrupted)).
using EvaluationObserver = std::function<bool(double done, int total)>;

/// Gathers the evidence of all images, in order, batch by batch, and calls visit with each. Memory
/// grows neither with the images nor with the samples. Throws as check_images and gather_evidence.
void for_each_batch(const Spvae& model, const ImageSet& images, const Sampling& sampling,
                    LeafEngine& engine, ThreadPool& pool, const EvaluationObserver& observer,
                    const std::function<void(const Evidence&)>& visit);

}  // namespace spvae
