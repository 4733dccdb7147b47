#include "spvae/likelihood/categorical.h"

#include <algorithm>
#include <cmath>

#include "spvae/core/index.h"
#include "spvae/core/log_sum_exp.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/likelihood/open_uniform.h"

namespace spvae {
namespace {

int values(const LikelihoodConfig& config) { return config.categorical.values; }

PixelLogLikelihood log_likelihood(const PixelDistribution& p, double x,
                                  const PixelGradient& gradient) {
  const std::size_t v = index(value_of(x, values(p.config)));
  const double normaliser = log_sum_exp(p.heads);
  for (std::size_t i = 0; i < gradient.heads.size(); ++i) {
    gradient.heads[i] = gradient.scale * ((i == v ? 1 : 0) - std::exp(p.heads[i] - normaliser));
  }
  return {.value = p.heads[v] - normaliser,
          .magnitude = std::abs(p.heads[v]) + std::abs(normaliser)};
}

double draw(const PixelDistribution& p, const RandomAddress& address, std::uint32_t pixel) {
  const double normaliser = log_sum_exp(p.heads);
  double left = open_uniform(address, pixel);
  const int last = values(p.config) - 1;
  int v = 0;
  while (v < last && (left -= std::exp(p.heads[index(v)] - normaliser)) >= 0) ++v;
  return static_cast<double>(v) / last;
}

double mean(const PixelDistribution& p) {
  const double normaliser = log_sum_exp(p.heads);
  double sum = 0;
  for (std::size_t v = 0; v < p.heads.size(); ++v) {
    sum += static_cast<double>(v) * std::exp(p.heads[v] - normaliser);
  }
  return sum / (values(p.config) - 1);
}

}  // namespace

LikelihoodInfo categorical_likelihood() {
  const FieldList<CategoricalConfig> fields = {
      number_field("values", &CategoricalConfig::values,
                   "values of a pixel, evenly spaced from black to white", 2, 256)};
  return {
      .name = "categorical",
      .pixels = "up to 256 values",
      .fields = fields_of(&LikelihoodConfig::categorical, fields),
      .heads =
          [](const LikelihoodConfig& config) {
            return std::vector<LikelihoodHead>{{"logit", values(config)}};
          },
      .values = values,
      .log_likelihood = log_likelihood,
      .draw = draw,
      .mean = mean,
  };
}

}  // namespace spvae
