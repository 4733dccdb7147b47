#pragma once

#include <string_view>
#include <vector>

namespace spvae {

/// p(x | z) of one pixel. The values are those of kernels::Likelihood.
enum class Likelihood { kGaussian = 0, kBinomial = 1, kLogistic = 2 };

/// Link of the Gaussian's mean.
enum class MeanLink { kSigmoid = 0, kIdentity = 1 };

/// Named facts about a likelihood, one row of one table at the end of likelihood.cpp.
struct LikelihoodInfo {
  Likelihood likelihood;
  std::string_view name;                ///< as in the config
  std::vector<std::string_view> heads;  ///< decoder networks, in order: names of their tensors
  bool discrete;                        ///< a pmf over 0 … 255: bits per dimension apply
};

const LikelihoodInfo& likelihood_info(Likelihood likelihood);
/// Of all likelihoods, in the order of the enumeration.
std::vector<std::string_view> likelihood_names();

}  // namespace spvae
