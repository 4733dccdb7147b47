#pragma once

#include <cstdint>
#include <span>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/thread_pool.h"
#include "spvae/data/batch.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"
#include "spvae/pass/pass.h"
#include "spvae/train/train_config.h"

namespace spvae {

/// gather_model_batch, and what encoders see at missing pixels in training: the mean of the
/// observed ones of the same leaf region.
void gather_training_batch(const Spvae& model, const ImageSet& images,
                           std::span<const std::uint32_t> rows, Batch& batch,
                           ThreadPool* pool = nullptr);

/// The training objective (TP19 Eq. (9)): the importance-weighted bound on log p(x), averaged over
/// a batch, and its gradient (TP19 Algorithm 1). Of partly observed images x is what is observed:
/// leaves of which nothing is have the value 0 and no gradient, and encoders propose all codes.
class Objective {
 public:
  /// How the bound and its gradient are estimated, as TrainConfig has it.
  struct Estimator {
    int samples;
    GradientEstimator gradient = GradientEstimator::kIwae;
    double thinning = 0;
  };
  /// model, engine and pool must outlive it.
  Objective(const Spvae& model, const Estimator& estimator, LeafEngine& engine, ThreadPool& pool);

  /// The mean bound in nats; grad [parameters] is overwritten with its gradient. Keeps its memory
  /// between calls.
  double value_and_gradient(const Batch& batch, const NoiseKey& noise, std::span<float> grad,
                            const StepObserver& observer = {});

 private:
  const Spvae& model_;
  Estimator estimator_;
  LeafEngine& engine_;
  ThreadPool& pool_;
  AlignedVector<float> row_gradient_;  // [L, samples, stride]
  AlignedVector<float> shares_;        // [experts, samples, stride]
  Pass pass_;
};

/// The bound with `samples` importance samples, averaged over all images, in nats; of what is
/// observed of them, as in training.
double mean_bound(const Spvae& model, const ImageSet& images, int samples, const NoiseKey& noise,
                  LeafEngine& engine, ThreadPool& pool);

}  // namespace spvae
