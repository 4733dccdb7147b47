#include "spvae/query/sample.h"

#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "spvae/circuit/induced_tree.h"
#include "spvae/core/error.h"
#include "spvae/reference/leaf_reference.h"

namespace spvae {
namespace {

constexpr std::int64_t kMaxPixels = std::int64_t{1} << 30;

/// `sample` of a random address: which of a sample's random numbers.
enum Stream : std::uint32_t { kCodes = 0, kPixels = 1, kTree = 2 };

struct Sampler {
  const Spvae& model;
  std::vector<double> parameters;
  std::vector<double> log_weights;
  SampledPixels pixels;

  Sampler(const Spvae& source, SampledPixels which)
      : model(source),
        parameters(source.parameters().begin(), source.parameters().end()),
        log_weights(source.circuit().sum_weights()),
        pixels(which) {
    model.circuit().log_softmax(model.logits(), log_weights);
  }

  /// Fills image [V] with the sample of `address`.
  void draw(RandomAddress address, std::span<float> image) const {
    address.sample = kTree;
    std::uint32_t choice = 0;
    const InducedTree tree = sample_tree(model.circuit(), log_weights,
                                         [&] { return random_uniform(address, choice++); });
    for (const int leaf : tree.leaves) draw_leaf(leaf, address, image);
  }

  void draw_leaf(int leaf, RandomAddress address, std::span<float> image) const {
    const LeafConfig& config = model.config().leaf;
    address.leaf = static_cast<std::uint32_t>(leaf);
    address.sample = kCodes;
    std::vector<double> z(static_cast<std::size_t>(config.latent));
    for (std::size_t i = 0; i < z.size(); ++i) {
      z[i] = random_normal(address, static_cast<std::uint32_t>(i));
    }
    const LeafPrior prior = prior_of(model.leaves(), leaf, parameters);
    for (std::size_t i = 0; i < z.size(); ++i) z[i] = prior.mean[i] + prior.scale[i] * z[i];
    const auto decoded = decode_leaf(model.leaves(), leaf, parameters, z);
    address.sample = kPixels;
    const auto scope = model.leaves().scope(leaf);
    for (std::size_t i = 0; i < scope.size(); ++i) {
      const double value =
          pixels == SampledPixels::kMean
              ? mean_pixel(decoded.pixel(i))
              : draw_pixel(decoded.pixel(i), address, static_cast<std::uint32_t>(i));
      if (!std::isfinite(value)) {
        fail(ErrorKind::kNumerical,
             "sample {}: pixel {} is {}, expected a finite number; the model's parameters are out "
             "of range",
             address.image, scope[i], value);
      }
      image[static_cast<std::size_t>(scope[i])] = static_cast<float>(value);
    }
  }
};

}  // namespace

ImageSet sample(const Spvae& model, int count, std::uint32_t seed, SampledPixels pixels,
                ThreadPool& pool) {
  ImageSet images;
  images.height = model.config().height;
  images.width = model.config().width;
  images.channels = model.config().channels;
  if (count < 1) fail(ErrorKind::kUsage, "count: got {}, expected at least 1 sample", count);
  if (std::int64_t{count} * images.variables() > kMaxPixels) {
    fail(ErrorKind::kUsage, "count: got {}, expected at most {} samples of {} values", count,
         kMaxPixels / images.variables(), images.variables());
  }
  const std::size_t size = static_cast<std::size_t>(images.variables());
  images.values.resize(static_cast<std::size_t>(count) * size);
  images.indices.resize(static_cast<std::size_t>(count));
  std::iota(images.indices.begin(), images.indices.end(), 0U);
  const Sampler sampler(model, pixels);
  pool.run(count, [&](int task, int) {
    const auto i = static_cast<std::size_t>(task);
    sampler.draw({.seed = seed, .purpose = Purpose::kSampling, .image = images.indices[i]},
                 std::span(images.values).subspan(i * size, size));
  });
  return images;
}

}  // namespace spvae
