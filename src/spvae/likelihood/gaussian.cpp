#include "spvae/likelihood/gaussian.h"

#include <cmath>
#include <numbers>

#include "spvae/core/sigmoid.h"
#include "spvae/likelihood/likelihood.h"

namespace spvae {
namespace {

bool is_bounded(const GaussianConfig& config, double g) {
  return config.max_precision > 0 && 1 + g * g >= config.max_precision;
}

double precision_of(const GaussianConfig& config, double g) {
  return is_bounded(config, g) ? config.max_precision : 1 + g * g;
}

double mean(const PixelDistribution& p) {
  const double f = p.heads[0];
  return p.config.gaussian.mean_link == MeanLink::kSigmoid ? sigmoid(f) : f;
}

PixelLogLikelihood log_likelihood(const PixelDistribution& p, double x,
                                  const PixelGradient& gradient) {
  const GaussianConfig& config = p.config.gaussian;
  const double f = p.heads[0];
  const double g = p.heads[1];
  const double precision = precision_of(config, g);
  const double error = x - mean(p);
  if (!gradient.heads.empty()) {
    const double link = config.mean_link == MeanLink::kSigmoid ? sigmoid(f) * sigmoid(-f) : 1;
    gradient.heads[0] = gradient.scale * (precision * error * link);
    gradient.heads[1] =
        is_bounded(config, g) ? 0 : gradient.scale * (g / precision - g * error * error);
  }
  const double log_precision =
      0.5 * std::log1p(is_bounded(config, g) ? config.max_precision - 1 : g * g);
  const double quadratic = 0.5 * precision * error * error;
  const double normaliser = 0.5 * std::log(2 * std::numbers::pi);
  return {.value = log_precision - quadratic - normaliser,
          .magnitude = log_precision + quadratic + normaliser};
}

double draw(const PixelDistribution& p, const RandomAddress& address, std::uint32_t pixel) {
  return mean(p) +
         random_normal(address, 2 * pixel) / std::sqrt(precision_of(p.config.gaussian, p.heads[1]));
}

// The room's own fields, as those of LikelihoodConfig.
FieldList<LikelihoodConfig> fields() {
  constexpr double kMaxBound = 1e12;
  Field<GaussianConfig> max_precision =
      number_field("max-precision", &GaussianConfig::max_precision,
                   "bound of a pixel's precision 1 + g²; 0 is none", 0, kMaxBound);
  max_precision.set = [set = max_precision.set](GaussianConfig& config, const Json& value) {
    set(config, value);
    if (config.max_precision == 0 || config.max_precision >= 1) return;
    fail(ErrorKind::kUsage,
         "max-precision: got {}, expected 0 (no bound) or a number of at least 1, which every "
         "precision is",
         config.max_precision);
  };
  const FieldList<GaussianConfig> list = {
      choice_field("mean-link", &GaussianConfig::mean_link, "link of the mean",
                   {"sigmoid", "identity"}),
      max_precision,
  };
  return fields_of(&LikelihoodConfig::gaussian, list);
}

}  // namespace

LikelihoodInfo gaussian_likelihood() {
  return {
      .name = "gaussian",
      .pixels = "continuous pixels",
      .fields = fields(),
      .heads =
          [](const LikelihoodConfig&) {
            return std::vector<LikelihoodHead>{{"mean"}, {"precision"}};
          },
      .values = [](const LikelihoodConfig&) { return 0; },
      .log_likelihood = log_likelihood,
      .draw = draw,
      .mean = mean,
  };
}

}  // namespace spvae
