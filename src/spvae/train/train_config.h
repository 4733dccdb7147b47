#pragma once

#include <cstdint>

namespace spvae {

enum class Optimizer { kAdam = 0, kMuon = 1 };
enum class LearningRateDecay { kNone = 0, kLinear = 1, kCosine = 2 };

/// Of the bound: as it stands, or doubly reparametrised (RowGradient::shares).
enum class GradientEstimator { kIwae = 0, kDreg = 1 };

/// How a model is trained (TP19 Section 5 and Algorithm 1).
struct TrainConfig {
  int samples = 5;  ///< k, importance samples of a training step
  GradientEstimator gradient_estimator = GradientEstimator::kIwae;
  double thinning = 0;  ///< share of the bound below which samples are left out at random; 0: none
  int batch = 128;      ///< B, images of a training step
  double learning_rate = 0.01;
  LearningRateDecay learning_rate_decay = LearningRateDecay::kNone;
  int warm_up = 0;          ///< steps over which the learning rate rises from 0
  double circuit_rate = 1;  ///< of the sum logits' learning rate, over that of all others
  double clip_norm = 0;     ///< longest gradient; those above are shortened to it; 0: any
  int split_every = 0;      ///< steps between divisions of busy leaves; 0: none
  double averaging = 0;     ///< decay of the average over steps that is validated and kept
  Optimizer optimizer = Optimizer::kAdam;
  double matrix_rate = 0.02;  ///< Muon's learning rate, of weight matrices
  double weight_decay = 0;    ///< Muon: share of a matrix, times its rate, that a step takes away
  double beta1 = 0.9;         ///< Adam
  double beta2 = 0.999;       ///< Adam
  double epsilon = 1e-8;      ///< Adam
  int max_steps = 100000;
  int validate_every = 128;    ///< steps
  int validation_samples = 5;  ///< importance samples of a validation
  int validation_images = 0;   ///< so many of them, evenly spread; 0: all
  int patience = 10;           ///< checks in a row without a new best, after which training stops
  std::uint32_t seed = 0;      ///< of initial parameters, shuffling and latent noise
};

}  // namespace spvae
