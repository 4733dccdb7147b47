#include "spvae/structure/single_region.h"

#include <cstdint>
#include <numeric>
#include <utility>

#include "spvae/core/error.h"

namespace spvae {

RegionGraph single_region(int height, int width) {
  if (height < 1 || width < 1) {
    fail(ErrorKind::kUsage, "image size: got {}×{}, expected at least 1×1", height, width);
  }
  const std::int64_t pixels = std::int64_t{height} * width;
  if (pixels > kMaxScopeEntries) {
    fail(ErrorKind::kUsage, "image size: {}×{} has {} pixels, expected at most {}", height, width,
         pixels, kMaxScopeEntries);
  }
  Region region;
  region.scope.resize(static_cast<std::size_t>(pixels));
  std::iota(region.scope.begin(), region.scope.end(), 0);
  std::vector<Region> regions;
  regions.push_back(std::move(region));
  return RegionGraph(static_cast<int>(pixels), std::move(regions), {});
}

}  // namespace spvae
