#include "spvae/structure/single_region.h"

#include <cassert>
#include <cstdint>
#include <numeric>
#include <utility>

#include "spvae/core/error.h"

namespace spvae {

RegionGraph single_region(int height, int width, int channels) {
  if (height < 1 || width < 1) {
    fail(ErrorKind::kUsage, "image size: got {}×{}, expected at least 1×1", height, width);
  }
  assert(channels >= 1);
  const std::int64_t variables = std::int64_t{height} * width * channels;
  if (variables > kMaxScopeEntries) {
    fail(ErrorKind::kUsage, "image size: {}×{} has {} values, expected at most {}", height, width,
         variables, kMaxScopeEntries);
  }
  Region region;
  region.scope.resize(static_cast<std::size_t>(variables));
  std::iota(region.scope.begin(), region.scope.end(), 0);
  std::vector<Region> regions;
  regions.push_back(std::move(region));
  return RegionGraph(static_cast<int>(variables), std::move(regions), {});
}

}  // namespace spvae
