#include "spvae/likelihood/likelihood.h"

#include <cassert>
#include <cstddef>

namespace spvae {

namespace {
const std::vector<LikelihoodInfo>& likelihood_table();
}  // namespace

const LikelihoodInfo& likelihood_info(Likelihood likelihood) {
  const auto row = static_cast<std::size_t>(likelihood);
  assert(row < likelihood_table().size());
  return likelihood_table()[row];
}

std::vector<std::string_view> likelihood_names() {
  std::vector<std::string_view> names;
  for (const LikelihoodInfo& info : likelihood_table()) names.push_back(info.name);
  return names;
}

namespace {

// All likelihoods, in the order of the enumeration.
const std::vector<LikelihoodInfo>& likelihood_table() {
  static const std::vector<LikelihoodInfo> table = {
      {Likelihood::kGaussian, "gaussian", {"mean", "precision"}, false},
      {Likelihood::kBinomial, "binomial", {"logit"}, true},
      {Likelihood::kLogistic, "logistic", {"location", "scale"}, true},
  };
  return table;
}

}  // namespace

}  // namespace spvae
