#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "spvae/core/parameter_layout.h"
#include "spvae/core/thread_pool.h"
#include "spvae/data/batch.h"
#include "spvae/data/image_set.h"
#include "spvae/data/shuffle.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"
#include "spvae/pass/leaf_use.h"
#include "spvae/train/adam.h"
#include "spvae/train/muon.h"
#include "spvae/train/objective.h"
#include "spvae/train/train_config.h"

namespace spvae {

/// How far training has come.
struct Progress {
  std::int64_t step = 0;         ///< steps done
  double bound_sum = 0;          ///< of the training bounds since the last check
  std::int64_t bound_count = 0;  ///< steps since the last check
  std::int64_t best_step = 0;    ///< of the best check; 0 before the first one
  double best_bound = -std::numeric_limits<double>::infinity();  ///< best validation bound, nats
  int checks_without_best = 0;                                   ///< in a row

  friend bool operator==(const Progress&, const Progress&) = default;
};

/// All that training must remember: noise and order of images are addressed by the step, so that a
/// trainer with the same state goes on to the same bits.
struct TrainState {
  Progress progress;
  std::span<float> parameters;
  std::span<float> first_moment;
  std::span<float> second_moment;
  std::span<float> best_parameters;  ///< of best_step; zero before the first check
  std::span<float> average;          ///< of the parameters over steps; empty where there is none
};

/// What a check found: bounds in nats per image.
struct Check {
  std::int64_t step = 0;
  double training_bound = 0;  ///< mean over the steps since the last check
  double validation_bound = 0;
  bool is_best = false;
  LeafUse use;  ///< of some training images
};

/// Trains a model by stochastic ascent on its bound (TP19 Algorithm 1) with early stopping. Says
/// nothing and writes nothing: whoever calls step() and check() does. Equal inputs give equal bits,
/// for any number of threads that the engine supports so.
class Trainer {
 public:
  /// Starts at step 0 with the model's parameters. All arguments must outlive the trainer, which
  /// changes the model's parameters. Both image sets hold at least one image of the model's size;
  /// Error(kData) otherwise.
  Trainer(const TrainConfig& config, Spvae& model, const ImageSet& training_images,
          const ImageSet& validation_images, LeafEngine& engine, ThreadPool& pool);

  /// One step; returns its mean bound. Error(kNumerical), with step and seed, when the bound or its
  /// gradient is not finite; the parameters are then those before the step. No allocation after the
  /// first step but for the order of a new epoch.
  double step(const StepObserver& observer = {});
  /// Whether a check follows now: every validate-every steps, and after the last step.
  bool check_due() const;
  /// Validates with the same noise at every check, and keeps the parameters if they are the best;
  /// their average, where there is one.
  Check check();
  /// No step follows: max-steps are done, or `patience` checks in a row brought no new best.
  bool finished() const;

  const Progress& progress() const { return progress_; }
  const Spvae& model() const { return model_; }
  std::span<const float> best_parameters() const { return best_parameters_; }
  /// Of the best parameters; empty before the first check.
  const LeafUse& best_use() const { return best_use_; }
  /// A view of the whole state, for saving it.
  TrainState state();
  /// Goes on from `state`, whose spans have the parameters' size (assertion).
  void restore(const TrainState& state);
  /// Gives the model its best parameters, if there has been a check.
  void restore_best();

 private:
  /// Takes the step of that number.
  void ascend(std::int64_t number);
  /// After a step, where it is time.
  void split_leaves();
  /// Of this step, over the config's.
  double learning_rate_share() const;
  /// Exchanges the model's parameters and their average, if there is one.
  void swap_average();
  bool gradient_is_finite() const;
  void clip_gradient();
  /// By the model's parameters of the moment.
  LeafUse use_of_leaves();

  TrainConfig config_;
  Spvae& model_;
  const ImageSet& training_images_;
  const ImageSet& validation_images_;
  LeafEngine& engine_;
  ThreadPool& pool_;
  Objective objective_;
  Shuffle shuffle_;
  Adam adam_;
  Muon muon_;
  Progress progress_;
  ParameterBuffer best_parameters_;
  LeafUse best_use_;
  ParameterBuffer average_;
  ParameterBuffer gradient_;
  Batch batch_;
};

}  // namespace spvae
