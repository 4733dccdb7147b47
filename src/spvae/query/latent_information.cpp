#include "spvae/query/latent_information.h"

#include <cassert>
#include <cmath>
#include <cstddef>

namespace spvae {

std::vector<double> latent_information(const Embedding& embedding, int leaves, int latent) {
  const auto count = static_cast<std::size_t>(leaves);
  const auto dimensions = static_cast<std::size_t>(latent);
  assert(embedding.mean.size() == embedding.responsibilities.size() * dimensions);
  std::vector<double> information(count * dimensions);
  std::vector<double> weights(count);
  for (std::size_t i = 0; i < embedding.responsibilities.size(); ++i) {
    const std::size_t leaf = i % count;
    const double weight = embedding.responsibilities[i];
    weights[leaf] += weight;
    for (std::size_t d = 0; d < dimensions; ++d) {
      const double mean = embedding.mean[i * dimensions + d];
      const double deviation = embedding.deviation[i * dimensions + d];
      information[leaf * dimensions + d] +=
          weight * (0.5 * (mean * mean + deviation * deviation - 1) - std::log(deviation));
    }
  }
  for (std::size_t i = 0; i < information.size(); ++i) {
    const double weight = weights[i / dimensions];
    if (weight > 0) information[i] /= weight;
  }
  return information;
}

}  // namespace spvae
