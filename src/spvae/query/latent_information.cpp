#include "spvae/query/latent_information.h"

#include <cassert>
#include <cmath>
#include <cstddef>

namespace spvae {

std::vector<double> latent_information(const Embedding& embedding,
                                       std::span<const CodeGaussian> priors) {
  const std::size_t count = priors.size();
  const std::size_t dimensions = priors.front().mean.size();
  const std::size_t cells = embedding.responsibilities.size();  // [images, leaves]
  const std::size_t leaves_of_expert = cells * dimensions / embedding.mean.size();
  assert(embedding.mean.size() * leaves_of_expert == cells * dimensions);
  std::vector<double> information(count * dimensions);
  std::vector<double> weights(count);
  for (std::size_t i = 0; i < cells; ++i) {
    const std::size_t leaf = i % count;
    const double weight = embedding.responsibilities[i];
    weights[leaf] += weight;
    for (std::size_t d = 0; d < dimensions; ++d) {
      const std::size_t code = i / leaves_of_expert * dimensions + d;
      const double scale = priors[leaf].scale[d];
      const double mean = (embedding.mean[code] - priors[leaf].mean[d]) / scale;
      const double deviation = embedding.deviation[code] / scale;
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
