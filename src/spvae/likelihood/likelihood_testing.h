#pragma once

#include <cmath>
#include <vector>

#include "spvae/likelihood/likelihood.h"

namespace spvae {

/// A Gaussian other than the default one.
inline LikelihoodConfig gaussian_config(MeanLink link, double max_precision = 0) {
  LikelihoodConfig config(Likelihood::kGaussian);
  config.gaussian = {.mean_link = link, .max_precision = max_precision};
  return config;
}

/// A likelihood and its shared parameters.
struct TestedLikelihood {
  explicit TestedLikelihood(const LikelihoodConfig& of) : config(of) {
    const SharedParameters* shared = likelihood_info(of.kind).shared;
    if (shared == nullptr) return;
    parameters = shared->initial();
    for (std::size_t i = 0; i < parameters.size(); ++i) {
      parameters[i] += 2 * std::sin(1.0 + static_cast<double>(i));  // not as they start
    }
    table = likelihood_table(of, parameters);
  }

  double log_p(double x, const std::vector<double>& heads) const {
    return pixel_log_likelihood({config, table, heads}, x).value;
  }
  /// scale · d log p / d heads.
  std::vector<double> grad_heads(double x, const std::vector<double>& heads,
                                 double scale = 1) const {
    std::vector<double> grad(heads.size());
    std::vector<double> grad_table(table.size());
    pixel_log_likelihood({config, table, heads}, x,
                         {.scale = scale, .heads = grad, .table = grad_table});
    return grad;
  }

  LikelihoodConfig config;
  std::vector<double> parameters;
  std::vector<double> table;
};

}  // namespace spvae
