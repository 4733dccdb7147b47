#pragma once

#include <string>
#include <vector>

#include "spvae/experiment/results.h"
#include "spvae/query/paired_difference.h"

namespace spvae {

/// The seeds of one cell and variant, of the same images.
struct ResultGroup {
  const Trial* trial = nullptr;  ///< of its first outcome
  std::vector<const Outcome*> outcomes;

  /// Whether all figures are of the published data.
  bool is_comparable() const;
  /// The seeds' test log-likelihoods, nats.
  std::vector<double> test_figures() const;
  /// Of each image that all seeds have scored, the mean of their log-likelihoods, nats.
  std::vector<double> mean_scores() const;
  /// Of the mean over seeds, over the images; seeds share these.
  double standard_error() const;
};

/// Outcomes by name and images (of the same files, divided alike), in their order; they must
/// outlive the groups.
std::vector<ResultGroup> groups_of(const std::vector<Outcome>& outcomes);

/// Two groups whose difference says something of TP19's claims.
struct ResultPair {
  const ResultGroup* group;
  const ResultGroup* other;
  bool is_ordered;  ///< TP19 says which is better: two models, not one's variants
};

/// An SPVAE and its VAE, and a convolutional model and its plain one, each without a variant or the
/// second with one, or both with the same; a model without a variant and with one. Of the same
/// images.
std::vector<ResultPair> pairs_of(const std::vector<ResultGroup>& groups,
                                 const std::vector<Variant>& variants);

/// How far a pair is apart, nats.
struct PairSpread {
  PairedDifference mean;  ///< of the means over seeds; its standard error is over images alone
  double lowest = 0;      ///< of one seed of each
  double highest = 0;
};
PairSpread spread_of(const ResultPair& pair);

}  // namespace spvae
