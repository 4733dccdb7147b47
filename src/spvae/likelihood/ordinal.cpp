#include "spvae/likelihood/ordinal.h"

#include <algorithm>
#include <cmath>

#include "spvae/core/index.h"
#include "spvae/core/sigmoid.h"
#include "spvae/likelihood/likelihood.h"
#include "spvae/likelihood/logistic_bin.h"
#include "spvae/likelihood/open_uniform.h"

namespace spvae {
namespace {

constexpr std::size_t kValues = 256;
constexpr double kMaxValue = 255;
constexpr double kFloor = 0.01;  // of a gap, in grey levels

constexpr double kSaturated = 40;  // σ of it is 1 in double precision

// The table: lower edges, upper edges, widths and their logarithms, by value. The first value's
// lower edge, the last one's upper edge and both widths are never read; they are those of a bin
// of one grey level, so that all lanes compute with finite numbers.
constexpr std::size_t kLower = 0;
constexpr std::size_t kUpper = kValues;
constexpr std::size_t kWidth = 2 * kValues;
constexpr std::size_t kLogWidth = 3 * kValues;
constexpr std::size_t kTableSize = 4 * kValues;

// Parameter 0 is 255·c_1, parameter v that of the gap from c_v to c_{v+1}.
std::vector<double> initial() {
  std::vector<double> parameters(kValues - 1, std::log(std::expm1(1 - kFloor)));
  parameters[0] = 0.5;
  return parameters;
}

std::vector<double> table(std::span<const double> parameters) {
  std::vector<double> result(kTableSize);
  double cut = parameters[0] / kMaxValue;
  for (std::size_t v = 0; v < kValues; ++v) {
    const bool is_inner = v > 0 && v + 1 < kValues;
    const double width = (is_inner ? kFloor + softplus(parameters[v]) : 1) / kMaxValue;
    if (v == 0) cut -= width;
    result[kLower + v] = cut;
    cut = v == 0 ? parameters[0] / kMaxValue : cut + width;
    result[kUpper + v] = cut;
    result[kWidth + v] = width;
    result[kLogWidth + v] = std::log(width);
  }
  return result;
}

// c_v = c_1 + the gaps before it.
std::vector<double> pull_back(std::span<const double> parameters,
                              std::span<const double> grad_table) {
  std::vector<double> grad(parameters.size());
  double grad_cuts = 0;  // of c_{v+1} and all behind it
  for (std::size_t v = kValues - 1; v-- > 0;) {
    grad_cuts += grad_table[kUpper + v] + grad_table[kLower + v + 1];
    const double slope = v == 0 ? 1 : sigmoid(parameters[v]);
    const double grad_width = v == 0 ? 0 : grad_table[kWidth + v];
    grad[v] = (grad_cuts + grad_width) * slope / kMaxValue;
  }
  return grad;
}

PixelLogLikelihood log_likelihood(const PixelDistribution& p, double x,
                                  const PixelGradient& gradient) {
  const std::size_t v = index(value_of(x, kValues));
  const LogisticBin bin{.lower = p.table[kLower + v],
                        .upper = p.table[kUpper + v],
                        .width = p.table[kWidth + v],
                        .is_first = v == 0,
                        .is_last = v + 1 == kValues};
  const LogisticTerm term = logistic_term(bin, p.heads[0], p.heads[1]);
  if (!gradient.heads.empty()) {
    gradient.heads[0] = gradient.scale * term.grad_location;
    gradient.heads[1] = gradient.scale * term.grad_scale;
  }
  if (!gradient.table.empty()) {
    gradient.table[kLower + v] += gradient.scale * term.grad_lower;
    gradient.table[kUpper + v] += gradient.scale * term.grad_upper;
    gradient.table[kWidth + v] += gradient.scale * term.grad_width;
  }
  return {.value = term.value, .magnitude = term.magnitude};
}

// The value whose bin holds the logistic's number.
double draw(const PixelDistribution& p, const RandomAddress& address, std::uint32_t pixel) {
  const double x = logistic_quantile(open_uniform(address, pixel), p.heads[0], p.heads[1]);
  const auto cuts = p.table.subspan(kUpper, kValues - 1);
  return static_cast<double>(std::ranges::upper_bound(cuts, x) - cuts.begin()) / kMaxValue;
}

// E[V] = Σ_{v ≥ 1} P(V ≥ v), and P(V ≥ v) is the logistic's upper tail at v's lower edge.
double mean(const PixelDistribution& p) {
  const double a = inverse_scale(p.heads[1]);
  // Outside of these cuts a tail is 1 or 0 to the last bit that shows in a sum.
  const double reach = kSaturated / a;
  const auto cuts = p.table.subspan(kLower + 1, kValues - 1);
  const auto first = std::ranges::lower_bound(cuts, p.heads[0] - reach);
  const auto last = std::ranges::upper_bound(first, cuts.end(), p.heads[0] + reach);
  auto sum = static_cast<double>(first - cuts.begin());
  for (auto cut = first; cut != last; ++cut) sum += sigmoid(a * (p.heads[0] - *cut));
  return sum / kMaxValue;
}

constexpr SharedParameters kShared = {initial, table, pull_back};

}  // namespace

LikelihoodInfo ordinal_likelihood() {
  return {
      .name = "ordinal",
      .pixels = "8-bit pixels, a logistic on learned cut points",
      .heads =
          [](const LikelihoodConfig&) {
            return std::vector<LikelihoodHead>{{"location"}, {"scale"}};
          },
      .values = [](const LikelihoodConfig&) { return static_cast<int>(kValues); },
      .log_likelihood = log_likelihood,
      .draw = draw,
      .mean = mean,
      .shared = &kShared,
  };
}

}  // namespace spvae
