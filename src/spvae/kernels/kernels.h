#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "spvae/kernels/circuit.h"

/// The SIMD kernels: structs of pointers and sizes, one table of functions for each instruction
/// set. Nothing here knows a type of the library. Unless said otherwise a function works on one
/// tile: kTile rows of one leaf, feature-major, array[feature][lane], aligned to 64 bytes.
namespace spvae::kernels {

/// Rows of a tile, on every target: part of the order of sums, hence of the bits.
inline constexpr int kTile = 32;
/// Weight gradients are summed with features along the vector, padded to this on every target.
inline constexpr int kFeaturePad = 16;
inline constexpr int kMaxLayers = 16;
inline constexpr int kMaxHeads = 2;

inline constexpr int padded(int features) {
  return (features + kFeaturePad - 1) / kFeaturePad * kFeaturePad;
}

enum class Likelihood : std::int32_t { kGaussian = 0, kBinomial = 1, kLogistic = 2 };

/// What the address of a latent noise shares among rows (core/random.h).
struct Noise {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t purpose = 0;
};

/// weights [inputs + 1][outputs], the last row is the bias. transposed [outputs][inputs], no bias:
/// only for the backward pass.
struct Affine {
  const float* weights = nullptr;
  const float* transposed = nullptr;
  int inputs = 0;
  int outputs = 0;
};

struct Mlp {
  Affine layers[kMaxLayers];
  int count = 0;
};

/// One leaf VAE.
struct Leaf {
  std::uint32_t index = 0;  ///< addresses the noise
  int pixels = 0;           ///< D
  int latent = 0;           ///< Z
  Likelihood likelihood = Likelihood::kGaussian;
  bool identity_mean = false;
  int heads = 1;
  Mlp encoder_mean;
  Mlp encoder_precision;
  Mlp decoders[kMaxHeads];
};

/// Where one pass through an MLP leaves its numbers. output[i] holds layer i's outputs after its
/// activation, [outputs + 1][kTile] for hidden layers: the last row is all ones, the bias's input.
/// delta[i] [outputs][kTile]: gradient with respect to layer i's affine outputs.
struct MlpTrace {
  float* output[kMaxLayers];
  float* delta[kMaxLayers];
};

/// The posterior q(z | x) of a tile, [Z][kTile] each but the last, [kTile].
struct Posterior {
  float* mean;
  float* root;                ///< g; precision is 1 + g²
  float* deviation;           ///< 1/√(1 + g²)
  float* half_log_precision;  ///< ½ Σ_Z log(1 + g²)
};

/// The rows of a tile: which image (index in its file) and sample each lane holds.
struct Rows {
  const std::uint32_t* images;
  const std::uint32_t* samples;
};

struct DecoderTrace {
  float* noise;  ///< ε [Z][kTile]
  float* code;   ///< z [Z + 1][kTile], the last row is all ones
  MlpTrace decoders[kMaxHeads];
};

/// Sums over the rows of an image that the encoder's gradient needs.
struct PosteriorGradient {
  const float* mean;   ///< Σ dz [Z][kTile]
  const float* noise;  ///< Σ dz·ε [Z][kTile]
  const float* rows;   ///< Σ row gradient [kTile]
};

struct AdamStep {
  float learning_rate;  ///< with the bias corrections folded in: lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ)
  float beta1;
  float beta2;
  float epsilon;  ///< with the bias correction folded in: ε·√(1 − β₂ᵗ)
};

struct Table {
  const char* target;
  bool fused_multiply_add;

  // random numbers
  /// Standard normals of dimensions 0 … count − 1 of one address (core/random.h), float32.
  void (*normals)(const Noise&, std::uint32_t image, std::uint32_t leaf, std::uint32_t sample,
                  std::size_t count, float* out);

  // leaves, forward
  /// x [D][kTile] → posterior; trace holds the two MLPs' activations (mean, precision).
  void (*encode)(const Leaf&, const float* x, MlpTrace* trace, const Posterior&);
  /// Draws ε and z, runs the decoders. After it the last outputs of the traces are the likelihood's
  /// parameters before their link.
  void (*decode)(const Leaf&, const Posterior&, const Rows&, const Noise&, const DecoderTrace&);
  /// log w [kTile] of decoded rows. constant [kTile]: log p's part that depends on x alone.
  void (*log_weight)(const Leaf&, const float* x, const float* constant, const Posterior&,
                     const DecoderTrace&, float* out);

  // leaves, backward
  /// row_gradient [kTile] → the deltas of all decoder layers; dz [Z][kTile] = d Σ row_gradient ·
  /// (log p(x|z) + log p(z)) / dz.
  void (*decode_backward)(const Leaf&, const float* x, const float* row_gradient,
                          const DecoderTrace&, float* dz);
  /// Posterior gradient → the deltas of all encoder layers.
  void (*encode_backward)(const Leaf&, const Posterior&, const PosteriorGradient&, MlpTrace* trace);
  /// weights [rows][columns] → out [columns][rows].
  void (*transpose)(const float* weights, int rows, int columns, float* out);
  /// tile [features][kTile] → out [kTile][padded(features)], padding zero.
  void (*transpose_tile)(const float* tile, int features, float* out);
  /// sum [rows][width] += Σ_lane tile[row][lane] · transposed[lane][·], lanes in order; width is a
  /// multiple of kFeaturePad.
  void (*outer_products)(const float* tile, int rows, const float* transposed, int width,
                         float* sum);

  // training
  /// Log weights of one leaf and kTile images, sample s at log_weight[s·stride] → their maximum,
  /// log-mean-exp relative to it, and normalised weights (same layout).
  void (*importance)(const float* log_weight, std::size_t stride, int samples, float* normalised,
                     float* maximum, float* log_mean);
  /// Merges `samples` rows of log weights [samples][kTile] into running statistics [kTile]:
  /// maximum, Σ w and Σ w² relative to it. Start with maximum −∞ and sums 0.
  void (*accumulate)(const float* log_weight, int samples, float* maximum, double* sum,
                     double* sum_squares);
  /// One ascent step: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ + lr·m/(√v + ε).
  void (*adam)(const AdamStep&, std::size_t count, const float* gradient, float* first_moment,
               float* second_moment, float* parameters);

  // circuit
  /// Bottom-up and top-down pass over one tile.
  void (*circuit_forward)(const CircuitForward&);
  void (*circuit_backward)(const CircuitBackward&);
  /// out[i] = exp(in[i]) and log(in[i]), i < count, a multiple of kCircuitLanes; in may be out.
  void (*exp_array)(const double* in, double* out, std::size_t count);
  void (*log_array)(const double* in, double* out, std::size_t count);
};

/// The table of the best target of this machine, or of the one forced, chosen once.
const Table& table();
/// Names of the targets that this machine can run, best first (such as "AVX3", "AVX2", "SSE4").
std::vector<const char*> supported_targets();
/// Forces a target (for tests, and by the environment variable SPVAE_SIMD at the first use);
/// nullptr returns to the best. False where it cannot run.
bool force_target(const char* target);

}  // namespace spvae::kernels
