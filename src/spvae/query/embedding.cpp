#include "spvae/query/embedding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

#include "spvae/circuit/induced_tree.h"
#include "spvae/core/index.h"
#include "spvae/query/leaf_posterior.h"

namespace spvae {
namespace {

using Vector = std::vector<double>;

}  // namespace

Embedding embed(const Spvae& model, const Evidence& evidence, ThreadPool& pool) {
  const Batch& batch = evidence.batch;
  const std::size_t size = index(batch.size);
  const std::size_t leaves = index(model.circuit().leaves());
  const std::size_t latent = index(model.config().leaf.latent);
  const std::size_t sums = index(model.circuit().sum_nodes());
  Embedding result{.mean = Vector(size * leaves * latent),
                   .deviation = Vector(size * leaves * latent),
                   .responsibilities = Vector(size * leaves),
                   .choices = std::vector<int>(size * sums, -1)};
  const Vector parameters = wide_parameters(model);
  pool.run(batch.size, [&](int lane, int) {
    const std::size_t image = index(lane);
    for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
      const LeafPosterior posterior =
          posterior_of(model.leaves(), parameters, batch, static_cast<int>(leaf), lane);
      const std::size_t at = (image * leaves + leaf) * latent;
      for (std::size_t d = 0; d < latent; ++d) {
        result.mean[at + d] = posterior.mean[d];
        result.deviation[at + d] = posterior.deviation[d];
      }
      result.responsibilities[image * leaves + leaf] =
          evidence.responsibilities[leaf * index(batch.stride) + image];
    }
    for (const auto& [sum, branch] : best_tree(model.circuit(), evidence.trace, lane).choices) {
      result.choices[image * sums + index(sum)] = branch;
    }
  });
  return result;
}

ImageSet reconstruct(const Spvae& model, const Evidence& evidence, ThreadPool& pool) {
  const Batch& batch = evidence.batch;
  ImageSet images{.height = model.config().height,
                  .width = model.config().width,
                  .channels = model.config().channels,
                  .values = {},
                  .indices = {batch.indices.begin(), batch.indices.begin() + batch.size}};
  const std::size_t variables = index(images.variables());
  images.values.resize(index(batch.size) * variables);
  const Vector parameters = wide_parameters(model);
  pool.run(batch.size, [&](int lane, int) {
    const std::span<float> image =
        std::span(images.values).subspan(index(lane) * variables, variables);
    for (const int leaf : best_tree(model.circuit(), evidence.trace, lane).leaves) {
      const LeafPosterior posterior = posterior_of(model.leaves(), parameters, batch, leaf, lane);
      const auto decoded = decode_leaf(model.leaves(), leaf, parameters, posterior.mean);
      const auto scope = model.leaves().scope(leaf);
      for (std::size_t i = 0; i < scope.size(); ++i) {
        image[index(scope[i])] = static_cast<float>(mean_pixel(decoded.pixel(i)));
      }
    }
  });
  return images;
}

}  // namespace spvae
