#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "spvae/leaves/leaf_bank.h"
#include "spvae/leaves/priors.h"
#include "spvae/likelihood/likelihood.h"

namespace spvae {

/// One leaf VAE in double, one row at a time, in plain loops: the specification of the leaves.
/// parameters is the model's whole buffer, widened; pixels [D] the leaf's part of an image; noise
/// [Z] the row's ε.

/// log w = log p(x|z) + log p(z) − log q(z|x), nats (the term of TP19 Eq. (2)).
struct LogWeight {
  double value = 0;
  double magnitude = 0;  ///< sum of the magnitudes of its terms: the scale of rounding errors
};

/// The leaf's prior p(z).
CodeGaussian prior_of(const LeafBank& bank, int leaf, std::span<const double> parameters);

/// Approximate posterior q(z|x) of a leaf's expert; its precision is 1 + g².
CodeGaussian encode_leaf(const LeafBank& bank, int leaf, std::span<const double> parameters,
                         std::span<const double> pixels);

/// z = mean + scale·ε, [Z].
std::vector<double> latent_code(const CodeGaussian& proposal, std::span<const double> noise);

/// p(x|z) of a leaf's pixels for one z.
struct DecodedLeaf {
  const LikelihoodConfig& config;
  std::vector<double> table;                ///< SharedParameters::table
  std::vector<std::vector<double>> pixels;  ///< [D] outputs of the decoders for a pixel

  PixelDistribution pixel(std::size_t i) const { return {config, table, pixels[i]}; }
};

/// z [Z].
DecodedLeaf decode_leaf(const LeafBank& bank, int leaf, std::span<const double> parameters,
                        std::span<const double> z);

/// What a row that is partly observed adds to the above.
struct RowObservation {
  std::vector<bool> pixels = {};  ///< [D] whether observed; empty: all are
  double prior_share = 0;         ///< α of the mixture α·p(z) + (1 − α)·q(z|x)
  int from_prior = -1;            ///< the leaf of the expert whose prior gives z = μ + σε; −1: q
};

/// A second density t that proposes codes (LaplaceProposals).
struct RowSecondProposal {
  std::vector<double> code = {};  ///< [Z] t's, which the row has; empty: another one proposed it
  double share = 0;               ///< of the samples
  std::function<double(std::span<const double> z)> log_density = {};  ///< but for (2π)^(−Z/2)
};

/// log w of one row: with the mixture in q's place, and log p(x|z) of the observed pixels alone; 0
/// if none is observed.
LogWeight leaf_log_weight(const LeafBank& bank, int leaf, std::span<const double> parameters,
                          std::span<const double> pixels, std::span<const double> noise,
                          const RowObservation& observation = {},
                          const RowSecondProposal& second = {});

/// log p(x|z) of the observed pixels (empty: of all) + log p(z) but for (2π)^(−Z/2).
double leaf_log_joint(const LeafBank& bank, int leaf, std::span<const double> parameters,
                      std::span<const double> pixels, const std::vector<bool>& observed,
                      std::span<const double> z);

/// d objective / d log w of a row; and, as RowGradient::shares, of its sample, where encoders get
/// the doubly reparametrised gradient.
struct RowFactor {
  double gradient;
  std::optional<double> share = {};
};

/// Adds row.gradient · d log w / d parameters to grad [as parameters], with z reparametrised (TP19
/// Algorithm 1). Touches the parameters of the leaf and of its expert only, and adds to grad_table
/// [table] what the row gives to the likelihood's. observed [D]: whether a pixel is; empty: all
/// are. prior_share is 0.
void leaf_backward(const LeafBank& bank, int leaf, std::span<const double> parameters,
                   std::span<const double> pixels, std::span<const double> noise,
                   const RowFactor& row, std::span<double> grad, std::span<double> grad_table,
                   const std::vector<bool>& observed = {});

}  // namespace spvae
