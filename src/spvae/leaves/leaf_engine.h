#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "spvae/core/aligned_vector.h"
#include "spvae/core/random.h"
#include "spvae/core/thread_pool.h"
#include "spvae/data/batch.h"
#include "spvae/leaves/leaf_bank.h"
#include "spvae/likelihood/likelihood.h"

namespace spvae {

class LaplaceProposals;

/// The part of a noise address that all rows of a call share; image, expert (as leaf) and sample
/// complete it. The latent noise ε of a row is random_normal(address, dimension), dimension in [0,
/// Z).
struct NoiseKey {
  std::uint32_t seed = 0;
  std::uint32_t step = 0;
  Purpose purpose = Purpose::kTraining;
  /// α of an expert that is partly observed: its codes come from α·p(z) + (1 − α)·q(z|x), p(z) the
  /// mean of its n leaves' priors: a defensive mixture that bounds importance weights by
  /// n·p(x|z)/α.
  double prior_share = 0;
  /// Half of the codes of each expert come from these instead, where there are any: α is then a
  /// share of the other half, and the bound twice as large.
  const LaplaceProposals* laplace = nullptr;
};

/// Which of an expert's `leaves` gives the row of an address its code by its prior, where one may:
/// with probability prior_share one of them, all alike, else none (−1). By the word at the first
/// dimension behind the noise's that is a multiple of 4.
int prior_of_row(const RandomAddress& row, int latent, double prior_share, int leaves);

/// Σ over samples of importance weights, relative to the largest: what evaluation keeps of a
/// (leaf, image), whatever the number of samples. All [L, stride].
struct WeightStatistics {
  int leaves = 0;
  int stride = 0;
  std::int64_t samples = 0;
  AlignedVector<float> maximum;       ///< max_s log w_s
  AlignedVector<double> sum;          ///< Σ exp(log w_s − maximum)
  AlignedVector<double> sum_squares;  ///< Σ exp(2 (log w_s − maximum))
  /// [L, kernels::kBlocks, stride] Σ exp(log w_s − maximum) of samples b, b + kBlocks, …: how the
  /// weights of an expert's leaves vary together. May be empty.
  AlignedVector<float> block_sum;

  /// No samples yet.
  void reset(int leaf_count, bool has_blocks, int lanes);
};

/// Samples that LeafEngine::add_statistics keeps at a time.
inline constexpr int kStatisticsStep = 64;

/// What pilot samples tell of an image, for LeafEngine::refine.
struct PilotView {
  /// [L, stride] log of rⱼ/p̂ⱼ, relative to the expert's largest: how much the whole image speaks
  /// for each leaf's prior.
  std::span<const float> log_leaf_weight;
  /// [experts, stride]: the pilot's sample that a search starts from.
  std::span<const int> samples;
  /// Whether it starts from the encoder's mean instead where that is better. Of leaves that are
  /// observed whole there is no further search.
  bool is_first = true;
};

/// d objective / d log w of rows.
struct RowGradient {
  std::span<const float> of_leaves;  ///< [L, samples, stride]
  /// [experts, samples, stride]: the share of its (expert, image) that a sample has of the bound.
  /// With it encoders get the doubly reparametrised gradient (Tucker et al., ICLR 2019): through z
  /// alone, times that share. It has the same mean, which its noise does not drown the more the
  /// more samples there are. Empty: the gradient as it stands.
  std::span<const float> shares = {};
};

/// Writes the code z [Z] of a row.
using CodeSource = std::function<void(std::size_t row, std::span<float> z)>;

/// Told p(x|z) of a row's pixels [D], valid during the call.
using PixelVisitor =
    std::function<void(std::size_t row, std::span<const PixelDistribution> pixels)>;

/// Waist 2 of the design: rows (leaf, image, sample) in, one float a row out; and back. Knows
/// nothing of sums and products. log w = log p(x|z) + log p(z) − log q(z|x), z = mean + sd·ε, p(z)
/// the leaf's prior; leaves of one expert share z, and all but their priors. Of a leaf that is
/// partly observed (Batch::observed), log p(x|z) is that of its observed pixels, and z, or ε
/// itself, comes from NoiseKey's mixture, whose density takes q's place; the encoder sees the
/// batch's values at all pixels. Where nothing of a leaf is observed, log w = 0.
class LeafEngine {
 public:
  virtual ~LeafEngine() = default;

  virtual int leaves() const = 0;
  virtual int leaves_of_expert() const = 0;

  /// log_weight [L, samples, stride]: rows of samples first_sample … first_sample + samples − 1.
  virtual void log_weights(std::span<const float> parameters, const Batch& batch,
                           const NoiseKey& noise, int first_sample, int samples,
                           std::span<float> log_weight) = 0;

  /// grad [parameters]: overwrites the leaves' tensors with d Σ row_gradient·log_weight / d
  /// parameters, through the reparametrised z (TP19 Algorithm 1), rows 0 … samples − 1; lanes ≥
  /// batch.size are ignored, and those of leaves of which nothing is observed. noise.prior_share is
  /// 0 (assertion).
  virtual void backward(std::span<const float> parameters, const Batch& batch,
                        const NoiseKey& noise, int samples, const RowGradient& row_gradient,
                        std::span<float> grad) = 0;

  /// Adds the importance weights of the next `samples` samples, from number statistics.samples on;
  /// memory does not depend on `samples`. Steps of a multiple of kStatisticsStep give the same bits
  /// as one call.
  virtual void add_statistics(std::span<const float> parameters, const Batch& batch,
                              const NoiseKey& noise, int samples, WeightStatistics& statistics) = 0;

  /// Adds a proposal around a mode of Σⱼ (rⱼ/p̂ⱼ)·p(x|z)·pⱼ(z) for each expert and image, found from
  /// a sample of the pilot, whose noise is `pilot`.
  virtual void refine(std::span<const float> parameters, const Batch& batch, const NoiseKey& pilot,
                      const PilotView& told, LaplaceProposals& proposals) = 0;

  /// q(z|x) of each expert and image: mean and deviation [experts, Z, stride]. Encoders see the
  /// batch's values at all pixels; where nothing of a leaf is observed, its prior is the posterior.
  virtual void encode(std::span<const float> parameters, const Batch& batch, std::span<float> mean,
                      std::span<float> deviation) = 0;

  /// Decodes row i's code by expert experts[i]. Threads of the pool call `code`, then `visit`, once
  /// for each row, in any order.
  virtual void decode(std::span<const float> parameters, std::span<const int> experts,
                      const CodeSource& code, const PixelVisitor& visit) = 0;

  /// Statistics of samples 0 … samples − 1.
  void statistics(std::span<const float> parameters, const Batch& batch, const NoiseKey& noise,
                  int samples, WeightStatistics& statistics);
};

}  // namespace spvae
