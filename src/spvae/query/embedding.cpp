#include "spvae/query/embedding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>

#include "spvae/circuit/induced_tree.h"
#include "spvae/core/index.h"
#include "spvae/query/leaf_posterior.h"

namespace spvae {
namespace {

using Vector = std::vector<double>;

// Of the mixture of the priors of an expert's leaves; weights [leaves].
LeafPosterior mixture_of_priors(const LeafBank& bank, int expert, const Vector& parameters,
                                std::span<const double> weights) {
  const int count = bank.leaves_of_expert();
  const std::size_t latent = index(bank.config().latent);
  LeafPosterior result{Vector(latent), Vector(latent)};
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (int j = 0; j < count; ++j) {
    const LeafPrior prior = prior_of(bank, expert * count + j, parameters);
    const double weight = total > 0 ? weights[index(j)] / total : 1.0 / count;
    for (std::size_t d = 0; d < latent; ++d) {
      result.mean[d] += weight * prior.mean[d];
      // As yet the second moment.
      result.deviation[d] +=
          weight * (prior.mean[d] * prior.mean[d] + prior.scale[d] * prior.scale[d]);
    }
  }
  for (std::size_t d = 0; d < latent; ++d) {
    result.deviation[d] = std::sqrt(result.deviation[d] - result.mean[d] * result.mean[d]);
  }
  return result;
}

}  // namespace

Embedding embed(const Spvae& model, const Evidence& evidence, ThreadPool& pool) {
  const Batch& batch = evidence.batch;
  const std::size_t size = index(batch.size);
  const std::size_t leaves = index(model.circuit().leaves());
  const std::size_t latent = index(model.config().leaf.latent);
  const std::size_t sums = index(model.circuit().sum_nodes());
  const LeafBank& bank = model.leaves();
  const std::size_t experts = index(bank.experts());
  const std::size_t of_expert = index(bank.leaves_of_expert());
  Embedding result{.mean = Vector(size * experts * latent),
                   .deviation = Vector(size * experts * latent),
                   .responsibilities = Vector(size * leaves),
                   .choices = std::vector<int>(size * sums, -1)};
  const Vector parameters = wide_parameters(model);
  pool.run(batch.size, [&](int lane, int) {
    const std::size_t image = index(lane);
    const auto responsibilities =
        std::span(result.responsibilities).subspan(image * leaves, leaves);
    for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
      responsibilities[leaf] = evidence.responsibilities[leaf * index(batch.stride) + image];
    }
    for (std::size_t expert = 0; expert < experts; ++expert) {
      const int first = static_cast<int>(expert * of_expert);
      const LeafPosterior posterior =
          of_expert == 1 || is_observed(bank, batch, first, lane)
              ? posterior_of(bank, parameters, batch, first, lane)
              : mixture_of_priors(bank, static_cast<int>(expert), parameters,
                                  responsibilities.subspan(expert * of_expert, of_expert));
      const auto at = static_cast<std::ptrdiff_t>((image * experts + expert) * latent);
      std::ranges::copy(posterior.mean, result.mean.begin() + at);
      std::ranges::copy(posterior.deviation, result.deviation.begin() + at);
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
