#pragma once

#include <functional>
#include <span>
#include <vector>

#include "spvae/core/thread_pool.h"
#include "spvae/data/image_set.h"
#include "spvae/leaves/leaf_engine.h"
#include "spvae/model/spvae.h"
#include "spvae/query/evidence.h"

namespace spvae {

/// Of one image: the importance-weighted bound on log p(x) in nats (TP19 Eq. (9)), its Monte-Carlo
/// variance (delta method: Σ_leaves responsibility² · (Σw²/(Σw)² − 1/samples)) and its effective
/// sample size (effective_samples). A single sample says nothing of the variance: NaN; where
/// nothing is observed it is 0, and all samples are effective.
struct ImageScore {
  double log_likelihood = 0;
  double monte_carlo_variance = 0;
  double effective_samples = 0;
  /// Whether the samples say how far off the bound may be. If not, the variance says nothing, and
  /// the bound may lie far below log p(x): few of them are effective
  /// (few_effective_samples), or nothing bounds the weights, as with NoiseKey::prior_share 0 of a
  /// leaf that is partly observed. Even so, what no sample came near shows nowhere.
  bool is_reliable = true;
};

/// The Monte-Carlo error of a reliable score, nats; of others, NaN.
double known_error(const ImageScore& score);

/// How far the encoder's bound of image `lane` of a batch is below that of Sampler::kLaplace, nats:
/// its likelihood regret (Xiao et al., NeurIPS 2020), which is large where the encoder has not seen
/// the like. 0 where nothing is observed.
double likelihood_regret(const Evidence& evidence, int lane);

/// Of image `lane` of a batch.
ImageScore score_of(const Spvae& model, const Evidence& evidence, int lane);

/// Scores of all images, in order, of their observed pixels where some are missing (Evidence; a
/// share noise.prior_share of the codes then comes from the prior). Memory does not grow with the
/// samples. Throws as check_images, Error(kUsage) for samples < 1, and Error(kNumerical) when a
/// bound is not finite.
std::vector<ImageScore> log_likelihood(const Spvae& model, const ImageSet& images,
                                       const Sampling& sampling, LeafEngine& engine,
                                       ThreadPool& pool, const EvaluationObserver& observer = {});

/// The same; missing pixels are imputed as Sampling has it.
std::vector<ImageScore> log_likelihood(const Spvae& model, const ImageSet& images, int samples,
                                       const NoiseKey& noise, LeafEngine& engine, ThreadPool& pool,
                                       const EvaluationObserver& observer = {});

/// What a set of images' scores come to.
struct ScoreSummary {
  int images = 0;
  double log_likelihood = 0;  ///< mean, nats per image
  double standard_error = 0;  ///< of the mean, from the spread over images; NaN for one image
  /// Of the mean, from the latent noise: √(Σ variance) / images; NaN, unknown, where an image is
  /// unreliable.
  double monte_carlo_error = 0;
  double effective_samples = 0;  ///< median over images
  int unreliable_images = 0;
};

/// scores must not be empty.
ScoreSummary summarise(std::span<const ImageScore> scores);

/// −log_likelihood / (variables · ln 2): of discrete likelihoods, where log p(x) is that of a pmf.
/// variables: the observed ones, on average where log_likelihood is a mean; of none, NaN.
double bits_per_dimension(double log_likelihood, double variables);

}  // namespace spvae
