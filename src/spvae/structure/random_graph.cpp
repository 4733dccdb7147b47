#include "spvae/structure/random_graph.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/data/permutation.h"
#include "spvae/structure/canonical_order.h"

namespace spvae {
namespace {

using Pixels = std::span<const std::uint32_t>;

class Builder {
 public:
  Builder(int channels, std::size_t leaf_pixels) : channels_(channels), leaf_pixels_(leaf_pixels) {}

  bool is_leaf(Pixels pixels) const { return pixels.size() <= leaf_pixels_; }

  int add_region(Pixels pixels) {
    Region region;
    region.scope.reserve(pixels.size() * index(channels_));
    for (const std::uint32_t pixel : pixels) {
      for (int channel = 0; channel < channels_; ++channel) {
        region.scope.push_back(static_cast<int>(pixel) * channels_ + channel);
      }
    }
    std::ranges::sort(region.scope);
    regions_.push_back(std::move(region));
    return static_cast<int>(regions_.size()) - 1;
  }

  std::pair<int, int> add_halves(Pixels pixels) {
    const std::size_t first = (pixels.size() + 1) / 2;
    const int left = add(pixels.first(first));
    return {left, add(pixels.subspan(first))};
  }

  void add_partition(int region, std::pair<int, int> halves) {
    partitions_.push_back({region, halves.first, halves.second});
  }

  RegionGraph graph(int variables) && {
    return in_canonical_order(variables, std::move(regions_), std::move(partitions_));
  }

 private:
  int add(Pixels pixels) {
    if (is_leaf(pixels)) return add_region(pixels);
    const std::pair<int, int> halves = add_halves(pixels);
    const int region = add_region(pixels);
    add_partition(region, halves);
    return region;
  }

  int channels_;
  std::size_t leaf_pixels_;
  std::vector<Region> regions_;
  std::vector<Partition> partitions_;
};

}  // namespace

RegionGraph random_graph(int height, int width, int channels, int leaf_variables, int repetitions,
                         std::uint32_t seed) {
  assert(channels >= 1);
  if (height < 1 || width < 1 || leaf_variables < 1 || repetitions < 1) {
    fail(ErrorKind::kUsage,
         "random structure: got a {}×{} image, leaf-variables {} and repetitions {}, expected at "
         "least 1 of each",
         height, width, leaf_variables, repetitions);
  }
  const double pixels = 1.0 * height * width;
  const auto leaf_pixels = static_cast<std::size_t>(std::max(leaf_variables / channels, 1));
  // At most: each level of a repetition has all variables, as its order does, and a leaf has at
  // least half of leaf_pixels.
  const double parts = std::min(pixels, 2 * pixels / static_cast<double>(leaf_pixels));
  const double levels = 2 + std::ceil(std::log2(std::max(parts, 1.0)));
  const double entries = pixels * channels * repetitions * levels;
  if (parts * repetitions > static_cast<double>(kMaxPartitions) ||
      entries > static_cast<double>(kMaxScopeEntries)) {
    fail(
        ErrorKind::kUsage,
        "random structure: {} repetitions over a {}×{} image with leaf-variables {} have up to "
        "{:.3g} partitions over scopes of {:.3g} values in all, expected at most {} and {}; choose "
        "fewer repetitions or more leaf-variables",
        repetitions, height, width, leaf_variables, parts * repetitions, entries, kMaxPartitions,
        kMaxScopeEntries);
  }
  Builder builder(channels, leaf_pixels);
  const auto count = static_cast<std::uint32_t>(height * width);
  RandomAddress address{.seed = seed, .purpose = Purpose::kStructure};
  std::vector<std::uint32_t> order = random_permutation(address, count);
  const int splits = builder.is_leaf(order) ? 0 : repetitions;
  std::vector<std::pair<int, int>> first_splits;
  for (int repetition = 0; repetition < splits; ++repetition) {
    address.sample = static_cast<std::uint32_t>(repetition);
    order = random_permutation(address, count);
    first_splits.push_back(builder.add_halves(order));
  }
  const int root = builder.add_region(order);
  for (const auto& halves : first_splits) builder.add_partition(root, halves);
  return std::move(builder).graph(height * width * channels);
}

}  // namespace spvae
