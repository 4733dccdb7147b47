#include "spvae/likelihood/mixture.h"

#include <algorithm>
#include <cmath>

#include "spvae/core/index.h"
#include "spvae/core/log_sum_exp.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/likelihood/logistic_bin.h"
#include "spvae/likelihood/open_uniform.h"

namespace spvae {
namespace {

constexpr int kValues = 256;

// What the outputs of the heads say of each component.
struct Components {
  explicit Components(const PixelDistribution& p)
      : count(index(p.config.mixture.components)),
        locations(p.heads.begin(), p.heads.begin() + p.config.mixture.components),
        scales(p.heads.subspan(count, count)),
        weights(p.heads.subspan(2 * count, count)),
        normaliser(log_sum_exp(weights)) {
    for (std::size_t c = 0; c < count; ++c) {
      locations[c] += mixture_offset(static_cast<int>(c), static_cast<int>(count));
    }
  }
  double weight(std::size_t c) const { return std::exp(weights[c] - normaliser); }

  std::size_t count;
  std::vector<double> locations;
  std::span<const double> scales;
  std::span<const double> weights;  // their logits
  double normaliser;
};

PixelLogLikelihood log_likelihood(const PixelDistribution& p, double x,
                                  const PixelGradient& gradient) {
  const Components of(p);
  const LogisticBin bin = grey_bin(value_of(x, kValues));
  std::vector<LogisticTerm> terms;
  std::vector<double> joint;  // log of weight and mass
  for (std::size_t c = 0; c < of.count; ++c) {
    terms.push_back(logistic_term(bin, of.locations[c], of.scales[c]));
    joint.push_back(of.weights[c] - of.normaliser + terms[c].value);
  }
  PixelLogLikelihood result{.value = log_sum_exp(joint)};
  for (std::size_t c = 0; c < of.count; ++c) {
    const double log_responsibility = joint[c] - result.value;
    const double responsibility = std::exp(log_responsibility);
    result.magnitude += responsibility * (std::abs(of.weights[c]) + std::abs(of.normaliser) +
                                          terms[c].magnitude + std::abs(log_responsibility));
    if (gradient.heads.empty()) continue;
    const double scale = gradient.scale * responsibility;
    gradient.heads[c] = scale * terms[c].grad_location;
    gradient.heads[of.count + c] = scale * terms[c].grad_scale;
    gradient.heads[2 * of.count + c] = gradient.scale * (responsibility - of.weight(c));
  }
  return result;
}

// One uniform number chooses the component; where it lies in the component's share is another one.
double draw(const PixelDistribution& p, const RandomAddress& address, std::uint32_t pixel) {
  const Components of(p);
  double left = open_uniform(address, pixel);
  std::size_t c = 0;
  for (; c + 1 < of.count && left >= of.weight(c); ++c) left -= of.weight(c);
  return grey_quantile(std::min(left / of.weight(c), 1.0), of.locations[c], of.scales[c]);
}

double mean(const PixelDistribution& p) {
  const Components of(p);
  double sum = 0;
  for (std::size_t c = 0; c < of.count; ++c) {
    sum += of.weight(c) * grey_mean(of.locations[c], of.scales[c]);
  }
  return sum;
}

}  // namespace

LikelihoodInfo mixture_likelihood() {
  const FieldList<MixtureConfig> fields = {number_field("components", &MixtureConfig::components,
                                                        "logistics in a pixel's mixture", 1,
                                                        kMaxMixtureComponents)};
  return {
      .name = "mixture",
      .pixels = "8-bit pixels, a mixture of discretised logistics",
      .fields = fields_of(&LikelihoodConfig::mixture, fields),
      .heads =
          [](const LikelihoodConfig& config) {
            const int components = config.mixture.components;
            return std::vector<LikelihoodHead>{
                {"location", components}, {"scale", components}, {"weight", components}};
          },
      .values = [](const LikelihoodConfig&) { return kValues; },
      .log_likelihood = log_likelihood,
      .draw = draw,
      .mean = mean,
  };
}

}  // namespace spvae
