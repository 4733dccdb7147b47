#include "spvae/query/embedding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <span>

#include "spvae/circuit/induced_tree.h"
#include "spvae/core/index.h"
#include "spvae/model/data_units.h"
#include "spvae/query/leaf_posterior.h"
#include "spvae/query/tree_pixels.h"

namespace spvae {
namespace {

using Vector = std::vector<double>;

// Of the mixture of the priors of an expert's leaves; weights [leaves].
CodeGaussian mixture_of_priors(const Spvae& model, int expert, std::span<const double> weights) {
  const int count = model.leaves().leaves_of_expert();
  const std::size_t latent = index(model.config().leaf.latent);
  CodeGaussian result{Vector(latent), Vector(latent)};
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (int j = 0; j < count; ++j) {
    const CodeGaussian prior = model.prior(expert * count + j);
    const double weight = total > 0 ? weights[index(j)] / total : 1.0 / count;
    for (std::size_t d = 0; d < latent; ++d) {
      result.mean[d] += weight * prior.mean[d];
      // As yet the second moment.
      result.scale[d] += weight * (prior.mean[d] * prior.mean[d] + prior.scale[d] * prior.scale[d]);
    }
  }
  for (std::size_t d = 0; d < latent; ++d) {
    result.scale[d] = std::sqrt(result.scale[d] - result.mean[d] * result.mean[d]);
  }
  return result;
}

}  // namespace

Embedding embed(const Spvae& model, const Evidence& evidence, LeafEngine& engine,
                ThreadPool& pool) {
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
  const LeafPosteriors posteriors(model, batch, engine);
  pool.run(batch.size, [&](int lane, int) {
    const std::size_t image = index(lane);
    const auto responsibilities =
        std::span(result.responsibilities).subspan(image * leaves, leaves);
    for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
      responsibilities[leaf] = evidence.responsibilities[leaf * index(batch.stride) + image];
    }
    for (std::size_t expert = 0; expert < experts; ++expert) {
      const int first = static_cast<int>(expert * of_expert);
      const CodeGaussian posterior =
          of_expert == 1 || is_observed(bank, batch, first, lane)
              ? posteriors.of(first, lane)
              : mixture_of_priors(model, static_cast<int>(expert),
                                  responsibilities.subspan(expert * of_expert, of_expert));
      const auto at = static_cast<std::ptrdiff_t>((image * experts + expert) * latent);
      std::ranges::copy(posterior.mean, result.mean.begin() + at);
      std::ranges::copy(posterior.scale, result.deviation.begin() + at);
    }
    for (const auto& [sum, branch] : best_tree(model.circuit(), evidence.trace, lane).choices) {
      result.choices[image * sums + index(sum)] = branch;
    }
  });
  return result;
}

ImageSet reconstruct(const Spvae& model, const Evidence& evidence, LeafEngine& engine,
                     ThreadPool& pool) {
  const Batch& batch = evidence.batch;
  ImageSet images = empty_images(model.config());
  images.indices = {batch.indices.begin(), batch.indices.begin() + batch.size};
  images.values.resize(index(batch.size) * index(images.variables()));
  const LeafPosteriors posteriors(model, batch, engine);
  std::vector<std::vector<int>> leaves(index(batch.size));
  pool.run(batch.size, [&](int lane, int) {
    leaves[index(lane)] = best_tree(model.circuit(), evidence.trace, lane).leaves;
  });
  fill_by_trees(
      model, engine, leaves,
      [&](std::size_t image, int leaf, std::span<float> z) {
        std::ranges::transform(posteriors.of(leaf, static_cast<int>(image)).mean, z.begin(),
                               [](double value) { return static_cast<float>(value); });
      },
      SampledPixels::kMean,
      [](std::size_t, int, std::uint32_t, const PixelDistribution& pixel) {
        return mean_pixel(pixel);
      },
      images.values);
  return images;
}

}  // namespace spvae
