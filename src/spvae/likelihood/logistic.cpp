#include "spvae/likelihood/logistic.h"

#include "spvae/likelihood/likelihood.h"
#include "spvae/likelihood/logistic_bin.h"
#include "spvae/likelihood/open_uniform.h"

namespace spvae {
namespace {

constexpr int kValues = 256;

PixelLogLikelihood log_likelihood(const PixelDistribution& p, double x,
                                  const PixelGradient& gradient) {
  const LogisticTerm term = logistic_term(grey_bin(value_of(x, kValues)), p.heads[0], p.heads[1]);
  if (!gradient.heads.empty()) {
    gradient.heads[0] = gradient.scale * term.grad_location;
    gradient.heads[1] = gradient.scale * term.grad_scale;
  }
  return {.value = term.value, .magnitude = term.magnitude};
}

double draw(const PixelDistribution& p, const RandomAddress& address, std::uint32_t pixel) {
  return grey_quantile(open_uniform(address, pixel), p.heads[0], p.heads[1]);
}

double mean(const PixelDistribution& p) { return grey_mean(p.heads[0], p.heads[1]); }

}  // namespace

LikelihoodInfo logistic_likelihood() {
  return {
      .name = "logistic",
      .pixels = "8-bit pixels, discretised",
      .heads =
          [](const LikelihoodConfig&) {
            return std::vector<LikelihoodHead>{{"location"}, {"scale"}};
          },
      .values = [](const LikelihoodConfig&) { return kValues; },
      .log_likelihood = log_likelihood,
      .draw = draw,
      .mean = mean,
  };
}

}  // namespace spvae
