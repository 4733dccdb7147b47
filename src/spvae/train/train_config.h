#pragma once

#include <cstdint>

namespace spvae {

enum class LearningRateDecay { kNone = 0, kLinear = 1 };

/// How a model is trained (TP19 Section 5 and Algorithm 1).
struct TrainConfig {
  int samples = 5;  ///< k, importance samples of a training step
  int batch = 128;  ///< B, images of a training step
  double learning_rate = 0.01;
  LearningRateDecay learning_rate_decay = LearningRateDecay::kNone;
  double beta1 = 0.9;     ///< Adam
  double beta2 = 0.999;   ///< Adam
  double epsilon = 1e-8;  ///< Adam
  int max_steps = 100000;
  int validate_every = 128;    ///< steps
  int validation_samples = 5;  ///< importance samples of a validation
  int patience = 10;           ///< checks in a row without a new best, after which training stops
  std::uint32_t seed = 0;      ///< of initial parameters, shuffling and latent noise
};

}  // namespace spvae
