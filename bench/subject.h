#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"
#include "spvae/train/run_config.h"
#include "spvae/train/trainer.h"

namespace spvae::bench {

/// A run's config of the keys of `given` (those of a run's config.json, and "height" and "width").
RunConfig subject_config(const Json& given);

/// MNIST's training images as the config prepares them; of another size than 28 × 28, enlarged or
/// reduced by taking the nearest pixel.
ImageSet subject_images(const RunConfig& config, ThreadPool& pool);

/// The first `count` of them, again from the beginning where there are fewer.
ImageSet first_images(const ImageSet& images, int count);

/// What is measured: a model with its engine and its training, which stands at step 0.
struct Subject {
  /// images must outlive it. negligible_row: of make_fused_engine.
  Subject(const RunConfig& run_config, const ImageSet& training_images, float negligible_row);

  RunConfig config;
  const ImageSet& images;
  ThreadPool pool;
  Spvae model;
  std::unique_ptr<LeafEngine> engine;
  Trainer trainer;
};

}  // namespace spvae::bench
