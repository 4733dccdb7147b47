#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "spvae/config/config_fields.h"
#include "spvae/core/random.h"
#include "spvae/likelihood/rooms.h"

namespace spvae {

/// p(x | z) of one pixel.
enum class Likelihood {
#define SPVAE_ENUMERATOR(Name, name) k##Name,
  SPVAE_LIKELIHOODS(SPVAE_ENUMERATOR)
#undef SPVAE_ENUMERATOR
};

/// A likelihood and what each of them can be told.
struct LikelihoodConfig {
  // Implicit: a likelihood as its defaults have it.
  LikelihoodConfig(Likelihood of = Likelihood::kGaussian) : kind(of) {}  // NOLINT

  Likelihood kind;
#define SPVAE_MEMBER(Name, name) Name##Config name;
  SPVAE_LIKELIHOODS(SPVAE_MEMBER)
#undef SPVAE_MEMBER
};

/// A network of the decoder: it has `outputs` outputs for each pixel, those of a pixel one after
/// another.
struct LikelihoodHead {
  std::string_view name;
  int outputs = 1;
};

/// p(x | z) of one pixel for one z, in double.
struct PixelDistribution {
  const LikelihoodConfig& config;
  std::span<const double> table;  ///< SharedParameters::table
  std::span<const double> heads;  ///< outputs of the heads for this pixel, head by head
};

/// log p(x|z) of one pixel in nats.
struct PixelLogLikelihood {
  double value = 0;
  double magnitude = 0;  ///< sum of the magnitudes of its terms: the scale of rounding errors
};

/// Where scale · d log p(x|z) is put.
struct PixelGradient {
  double scale = 1;
  std::span<double> heads;  ///< as PixelDistribution::heads; overwritten
  std::span<double> table;  ///< as PixelDistribution::table; added to
};

/// Parameters that all pixels of a model share. What the likelihood reads is a table that depends
/// on them alone.
struct SharedParameters {
  /// Values to start from; their number is that of the parameters.
  std::vector<double> (*initial)();
  std::vector<double> (*table)(std::span<const double> parameters);
  /// grad_table [table] → d / d parameters.
  std::vector<double> (*pull_back)(std::span<const double> parameters,
                                   std::span<const double> grad_table);
};

/// What there is to know of a likelihood. Its lanes, which value and gradient of a tile are
/// computed with, stand in NAME-inl.h.
struct LikelihoodInfo {
  std::string_view name;    ///< as in the config
  std::string_view pixels;  ///< which pixels it is for, in two words
  /// What it can be told.
  FieldList<LikelihoodConfig> fields = {};
  /// Decoder networks, in order: names of their tensors.
  std::vector<LikelihoodHead> (*heads)(const LikelihoodConfig&);
  /// Number n of a pixel's values v/(n − 1), v in 0 … n − 1; 0 for real numbers. Where p is a pmf,
  /// bits per dimension apply.
  int (*values)(const LikelihoodConfig&);
  PixelLogLikelihood (*log_likelihood)(const PixelDistribution&, double x, const PixelGradient&);
  /// A pixel drawn from p, by dimensions 2·pixel and 2·pixel + 1 of the address. Real numbers may
  /// fall outside of [0, 1].
  double (*draw)(const PixelDistribution&, const RandomAddress& address, std::uint32_t pixel);
  double (*mean)(const PixelDistribution&);
  /// The part of log p that depends on v alone, which the lanes leave out; null: there is none.
  double (*log_constant)(int v) = nullptr;
  const SharedParameters* shared = nullptr;  ///< null: none
};

const LikelihoodInfo& likelihood_info(Likelihood likelihood);

/// Of all likelihoods, in the order of the enumeration.
std::vector<Likelihood> all_likelihoods();

/// SharedParameters::table; empty for a likelihood that has none.
std::vector<double> likelihood_table(const LikelihoodConfig& config,
                                     std::span<const double> parameters);
/// The gradient of a likelihood's shared parameters from that of its table, one from each leaf,
/// which are added up in order.
std::vector<double> pull_back_tables(const LikelihoodConfig& config,
                                     std::span<const double> parameters,
                                     std::span<const std::vector<double>> grad_tables);

/// The choice of a likelihood, then the fields of each.
const FieldList<LikelihoodConfig>& likelihood_fields();

/// Whether p is a pmf over values (LikelihoodInfo::values).
inline bool is_discrete(const LikelihoodConfig& config) {
  return likelihood_info(config.kind).values(config) > 0;
}

/// v of a pixel x = v/(values − 1).
inline int value_of(double x, int values) { return static_cast<int>(std::lrint((values - 1) * x)); }

/// Outputs of all heads for one pixel.
int outputs_of_pixel(const LikelihoodConfig& config);

/// log p(x|z) of one pixel, and its gradient where spans are given.
inline PixelLogLikelihood pixel_log_likelihood(const PixelDistribution& p, double x,
                                               const PixelGradient& gradient = {}) {
  return likelihood_info(p.config.kind).log_likelihood(p, x, gradient);
}

/// LikelihoodInfo::draw and LikelihoodInfo::mean.
inline double draw_pixel(const PixelDistribution& p, const RandomAddress& address,
                         std::uint32_t pixel) {
  return likelihood_info(p.config.kind).draw(p, address, pixel);
}
inline double mean_pixel(const PixelDistribution& p) {
  return likelihood_info(p.config.kind).mean(p);
}

}  // namespace spvae
