#include "spvae/query/sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "spvae/circuit/induced_tree.h"
#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/query/leaf_posterior.h"
#include "spvae/query/tree_pixels.h"

namespace spvae {
namespace {

constexpr std::int64_t kMaxPixels = std::int64_t{1} << 30;

/// `sample` of a random address: which of a sample's random numbers.
enum Stream : std::uint32_t { kCodes = 0, kPixels = 1, kTree = 2 };

// So many at a time: the memory for their trees.
constexpr std::size_t kSamples = 1024;

}  // namespace

ImageSet sample(const Spvae& model, int count, std::uint32_t seed, SampledPixels pixels,
                LeafEngine& engine, ThreadPool& pool) {
  ImageSet images = empty_images(model.config());
  if (count < 1) fail(ErrorKind::kUsage, "count: got {}, expected at least 1 sample", count);
  if (std::int64_t{count} * images.variables() > kMaxPixels) {
    fail(ErrorKind::kUsage, "count: got {}, expected at most {} samples of {} values", count,
         kMaxPixels / images.variables(), images.variables());
  }
  const std::size_t size = static_cast<std::size_t>(images.variables());
  images.values.resize(static_cast<std::size_t>(count) * size);
  images.indices.resize(static_cast<std::size_t>(count));
  std::iota(images.indices.begin(), images.indices.end(), 0U);
  std::vector<double> log_weights(model.circuit().sum_weights());
  model.circuit().log_softmax(model.logits(), log_weights);
  std::vector<CodeGaussian> priors;
  priors.reserve(index(model.leaves().leaves()));
  for (int leaf = 0; leaf < model.leaves().leaves(); ++leaf) priors.push_back(model.prior(leaf));
  std::vector<std::vector<int>> leaves;
  for (std::size_t first = 0; first < images.indices.size(); first += kSamples) {
    leaves.resize(std::min(kSamples, images.indices.size() - first));
    const auto address_of = [&](std::size_t image, int leaf, Stream stream) {
      return RandomAddress{.seed = seed,
                           .purpose = Purpose::kSampling,
                           .image = images.indices[first + image],
                           .leaf = static_cast<std::uint32_t>(leaf),
                           .sample = stream};
    };
    pool.run(static_cast<int>(leaves.size()), [&](int image, int) {
      const RandomAddress address = address_of(index(image), 0, kTree);
      std::uint32_t choice = 0;
      leaves[index(image)] = sample_tree(model.circuit(), log_weights, [&] {
                               return random_uniform(address, choice++);
                             }).leaves;
    });
    const auto code = [&](std::size_t image, int leaf, std::span<float> z) {
      draw_code(priors[index(leaf)], address_of(image, leaf, kCodes), z);
    };
    const auto pixel = [&](std::size_t image, int leaf, std::uint32_t i,
                           const PixelDistribution& p) {
      const RandomAddress address = address_of(image, leaf, kPixels);
      const double value =
          pixels == SampledPixels::kMean ? mean_pixel(p) : draw_pixel(p, address, i);
      if (!std::isfinite(value)) {
        fail(ErrorKind::kNumerical,
             "sample {}: pixel {} is {}, expected a finite number; the model's parameters are out "
             "of range",
             address.image, model.leaves().scope(leaf)[i], value);
      }
      return value;
    };
    fill_by_trees(model, engine, leaves, code, pixels, pixel,
                  std::span(images.values).subspan(first * size));
  }
  return images;
}

}  // namespace spvae
