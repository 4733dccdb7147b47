#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "spvae/kernels/cross_circuit.h"
#include "spvae/kernels/state_circuit.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/simd/tile.h"

/// The SIMD kernels: structs of pointers and sizes, one table of functions for each instruction
/// set. Nothing here knows a type of the library but a likelihood's config. Unless said otherwise a
/// function works on one tile: kTile rows of one leaf, feature-major, array[feature][lane], aligned
/// to 64 bytes.
namespace spvae::kernels {

/// Weight gradients are summed with features along the vector, padded to this on every target.
inline constexpr int kFeaturePad = 16;
/// Blocks of samples whose sums Table::accumulate keeps apart.
inline constexpr int kBlocks = 16;
/// The logarithm of a share of 0, finite so that sums stay so.
inline constexpr float kLogOfNever = -1e30f;
/// Lanes that the weight gradients of convolutions are summed over before they are folded.
inline constexpr int kPartials = 16;

inline constexpr int padded(int features) {
  return (features + kFeaturePad - 1) / kFeaturePad * kFeaturePad;
}

/// What the address of a latent noise shares among rows (core/random.h).
struct Noise {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;
  std::uint32_t purpose = 0;
};

/// Consecutive features of a product's input, and the consecutive rows of the weights that they
/// meet. input: relative to a group's.
struct Run {
  std::int32_t input;
  std::int32_t weight;
  std::int32_t length;
};

/// Places of an output that share their weights: place i has its channels from feature output +
/// i·output_step on, and its runs' inputs start from feature input + i·input_step.
struct PlaceGroup {
  std::int32_t output;
  std::int32_t output_step;
  std::int32_t input;
  std::int32_t input_step;
  std::int32_t places;
  std::int32_t first_run;
  std::int32_t runs;
};

/// How the places of an output come from the input. Without groups, of a dense layer: one place
/// that has all inputs.
struct Wiring {
  const PlaceGroup* groups = nullptr;
  std::int32_t group_count = 0;
  const Run* runs = nullptr;
  std::int32_t inputs = 0;
};

/// One layer of a leaf: the tensor [inputs + 1][outputs], whose last row is the bias.
struct Layer {
  /// [inputs + 1][outputs], or in panels (Table::pack) where packed.
  const float* weights = nullptr;
  bool packed = false;
  /// Without bias, in the panels of Table::pack_transposed; only for the backward pass.
  const float* transposed = nullptr;
  int inputs = 0;
  int outputs = 0;
  int taps = 1;      ///< of a convolution: inputs are [taps][input channels]
  int features = 0;  ///< of the output: places · outputs
  int input_features = 0;
  Wiring forward;
  Wiring backward;  ///< from the output's gradient to the input's

  int input_channels() const { return inputs / taps; }
};

/// Layers one after another, softplus after each but, where linear_end, the last.
struct Network {
  const Layer* layers = nullptr;
  int count = 0;
  bool linear_end = true;
};

/// Copies of a likelihood's table that take turns, lane by lane, in its gradient: rows of a value
/// would wait for each other at one place.
inline constexpr int kTableCopies = 4;

/// A learned prior's σ is kMinPriorScale + softplus(ρ).
inline constexpr double kMinPriorScale = 0.01;

/// Of a learned prior the kernels read 1/σ and −μ/σ, each padded by zeros, and −Σ log σ.
inline constexpr int prior_floats(int latent) { return 2 * padded(latent) + kFeaturePad; }

/// An encoder and a decoder, the expert of `leaves` leaves. A trunk may be empty: its output is
/// then its input.
struct Leaf {
  std::uint32_t index = 0;  ///< addresses the noise
  int pixels = 0;           ///< D
  int latent = 0;           ///< Z
  const LikelihoodConfig* likelihood = nullptr;
  const float* likelihood_table = nullptr;  ///< SharedParameters::table
  int leaves = 1;
  const float* priors = nullptr;  ///< [leaves][prior_floats]; null: one leaf, N(0, I)
  Network encoder_trunk;
  Network encoder_mean;
  Network encoder_precision;
  Network decoder_trunk;
  const Network* decoders = nullptr;  ///< one for each head of the likelihood
  int heads = 0;
};

/// Where one pass through a network leaves its numbers. output[i] holds layer i's outputs after its
/// activation, [features + 1][kTile]: the last row, which no kernel writes, is all ones, the bias's
/// input. delta[i] [features][kTile]: gradient with respect to layer i's outputs before their
/// activation.
struct NetworkTrace {
  float* const* output;
  float* const* delta;
};

struct EncoderTrace {
  NetworkTrace trunk;
  NetworkTrace mean;
  NetworkTrace precision;
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

/// Of a tile whose images are partly observed: log p(x|z) is that of the observed pixels, and rows
/// come from α·p(z) + (1 − α)·q(z|x), which bounds their weights; p is the mean of the leaves'
/// priors.
struct Observation {
  const float* pixels;             ///< 1 where observed, else 0, [D][kTile]
  const float* log_prior_share;    ///< log α [kTile], −∞ for α = 0
  const float* log_encoder_share;  ///< log(1 − α) [kTile]
  const float* from_prior;         ///< 1 where this sample is one of a prior's, else 0, [kTile]
  const float* prior_mean;         ///< of that prior, [Z][kTile]; null: N(0, I)
  const float* prior_scale;
};

/// Of a tile whose rows are proposed by another density t as well: the density of every row is
/// that of the mixture share·t(z) + (1 − share)·(what proposes it otherwise).
struct SecondProposal {
  const float* is_drawn;        ///< 1 where the code of this sample is t's, else 0, [kTile]
  const float* code;            ///< t's codes, [Z][kTile]
  const float* log_density;     ///< log(share·t(z)) of the row's code but for (2π)^(−Z/2), [kTile]
  const float* log_rest_share;  ///< log(1 − share) [kTile]
};

struct DecoderTrace {
  float* noise;  ///< ε [Z][kTile]
  float* code;   ///< z [Z + 1][kTile], the last row is all ones
  NetworkTrace trunk;
  const NetworkTrace* decoders;
  float* const* outputs;        ///< of each decoder's last layer
  float* const* output_deltas;  ///< null entries where nothing goes back
};

/// One tap of a convolution's weight gradient: pairs of places, [rows][columns] of them, whose
/// channels start at features input + r·input_row + c·input_column, and alike for the delta.
struct Tap {
  std::int32_t rows, columns;
  std::int32_t input, input_row, input_column;
  std::int32_t delta, delta_row, delta_column;
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
  /// A prior's parameters [2Z] (leaves/priors.h) → [prior_floats].
  void (*prepare_prior)(const float* parameters, int latent, float* out);
  /// Planes of [D][kTile] that x needs behind [D + 1][kTile], of a likelihood.
  int (*pixel_planes)(const LikelihoodConfig&);
  /// x [D + 1][kTile] → its planes, and the posterior; the trace's last outputs of mean and
  /// precision are the posterior's mean and root.
  void (*encode)(const Leaf&, float* x, const EncoderTrace&, const Posterior&);
  /// Draws ε and z, runs the decoders. After it the last outputs of the traces are the likelihood's
  /// parameters before their link. The observation is null where all pixels are observed, the
  /// second proposal where there is none.
  void (*decode)(const Leaf&, const Posterior&, const Rows&, const Noise&, const Observation*,
                 const SecondProposal*, const DecoderTrace&);
  /// The same of the codes that the trace holds.
  void (*decode_codes)(const Leaf&, const DecoderTrace&);
  /// log w [kTile] of decoded rows, leaf j's at out + j·stride. constant [kTile]: log p's part that
  /// depends on x alone.
  void (*log_weight)(const Leaf&, const float* x, const float* constant, const Posterior&,
                     const Observation*, const SecondProposal*, const DecoderTrace&, float* out,
                     std::size_t stride);

  // leaves, backward
  /// row_gradient [kTile] → the deltas of all decoder layers; dz [Z][kTile] = d Σ row_gradient ·
  /// (log p(x|z) + log p(z)) / dz; with priors [leaves][kTile] = leaf_gradient, whose sums over
  /// leaves are row_gradient. observed [D][kTile] as Observation::pixels; null where all are.
  /// sums [table][kTableCopies]: d Σ row_gradient · log p(x|z) / d Leaf::likelihood_table is added,
  /// to any of the copies; may be null.
  void (*decode_backward)(const Leaf&, const float* x, const float* observed,
                          const float* row_gradient, const float* leaf_gradient,
                          const DecoderTrace&, float* dz, double* sums);
  /// sums [leaves][3][padded(Z)] += Σ_lane g, g·u, g·u² with u = (z − μ)/σ, lanes in order; g =
  /// leaf_gradient [leaves][kTile], transposed [kTile][padded(Z)]: z.
  void (*add_prior_sums)(const Leaf&, const float* leaf_gradient, const float* transposed,
                         float* sums);
  /// The gradient [2Z] of a prior's parameters (leaves/priors.h) from its sums [3][padded(Z)] and
  /// what prepare_prior made of it.
  void (*prior_gradient)(const float* prior, int latent, const float* sums, float* grad);
  /// Posterior gradient → the deltas of all encoder layers.
  void (*encode_backward)(const Leaf&, const Posterior&, const PosteriorGradient&,
                          const EncoderTrace&);
  /// weights [rows][columns] → out, as large, in panels: blocks of columns as the products take
  /// them, each [rows][columns of the block].
  void (*pack)(const float* weights, int rows, int columns, float* out);
  /// weights [taps][rows][columns] → panels of [taps·columns][rows], the matrix of each tap
  /// transposed.
  void (*pack_transposed)(const float* weights, int taps, int rows, int columns, float* out);
  /// tile [features][kTile] → out [kTile][padded(features)]; of the padding it writes some, zeros:
  /// start with zeros.
  void (*transpose_tile)(const float* tile, int features, float* out);
  /// sum [rows][width] += Σ_lane tile[row][lane] · transposed[lane][·], lanes in order; width is a
  /// multiple of kFeaturePad.
  void (*outer_products)(const float* tile, int rows, const float* transposed, int width,
                         float* sum);
  /// partial [rows][columns][kPartials] += Σ over the tap's pairs of places input[row][lane] ·
  /// delta[column][lane], lane l in partial l mod kPartials. input and delta start at the tap's
  /// first place and at the first channel wanted; columns are all of a place's.
  void (*tap_products)(const Tap&, const float* input, int rows, const float* delta, int columns,
                       float* partial);
  /// out[i] = the sum of partial[i][kPartials], folded in halves.
  void (*fold_partials)(const float* partial, std::size_t count, float* out);

  // training
  /// Log weights of one leaf and kTile images, sample s at log_weight[s·stride] → their maximum,
  /// log-mean-exp relative to it, and normalised weights (same layout).
  void (*importance)(const float* log_weight, std::size_t stride, int samples, float* normalised,
                     float* maximum, float* log_mean);
  /// Merges `samples` rows of log weights [samples][kTile] into running statistics [kTile]:
  /// maximum, Σ w and Σ w² relative to it. Start with maximum −∞ and sums 0. blocks, if not null:
  /// Σ w of rows number b, b + kBlocks, …, `stride` floats apart.
  void (*accumulate)(const float* log_weight, int samples, float* maximum, double* sum,
                     double* sum_squares, float* blocks, std::size_t stride);
  /// One ascent step: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², θ ← θ + lr·m/(√v + ε).
  void (*adam)(const AdamStep&, std::size_t count, const float* gradient, float* first_moment,
               float* second_moment, float* parameters);

  // circuit
  /// Bottom-up and top-down pass over one tile.
  void (*circuit_forward)(const CircuitForward&);
  void (*circuit_backward)(const CircuitBackward&);
  /// Region by region over one tile. Forward: a leaf region from leaf_values [leaves], rows
  /// `stride` apart; an internal one from those below it; the root writes its log value as well.
  void (*states_forward)(const StatePass&, std::size_t region, const double* leaf_values,
                         std::size_t stride, double* root);
  /// Backward, parents before children: d root / d sum of the banks below an internal region;
  /// a leaf region's responsibilities, rows `stride` apart. Lanes from `active` on count as
  /// impossible. grad_states: work, [states of the region].
  void (*states_backward)(const StatePass&, std::size_t region, std::size_t active,
                          double* grad_states, double* responsibilities, std::size_t stride);
  void (*sum_gradient)(const SumGradient&);
  /// Rows of logits → their softmax and log-softmax; a log weight below −300 counts as −300.
  void (*softmax_rows)(const float* logits, std::size_t rows, std::size_t columns, double* weights,
                       double* log_weights);
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
