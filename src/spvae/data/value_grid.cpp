#include "spvae/data/value_grid.h"

#include <fmt/format.h>

#include <bitset>
#include <cmath>

#include "spvae/core/error.h"
#include "spvae/core/index.h"

namespace spvae {
namespace {

constexpr double kMaxLevel = 255;

std::size_t level_of(float x) { return static_cast<std::size_t>(std::lrint(kMaxLevel * x)); }

}  // namespace

void snap_to_values(const std::string& name, int values, ImageSet& images) {
  std::bitset<256> expected;
  for (int v = 0; v < values; ++v) {
    expected.set(static_cast<std::size_t>(std::lrint(kMaxLevel * v / (values - 1))));
  }
  std::bitset<256> found;
  for (std::size_t i = 0; i < images.values.size(); ++i) {
    if (images.observed.empty() || images.observed[i] != 0) found.set(level_of(images.values[i]));
  }
  if ((found & ~expected).any()) {
    fail(ErrorKind::kData, "data {}: the likelihood takes {} values, the images have {}{}; {}",
         name, values, found.count(), found.count() > index(values) ? "" : " others",
         values == 2
             ? "binarise them by --binarise threshold or sample"
             : fmt::format("give 8-bit images of the levels round(v·255/{}), v = 0 … {}, or "
                           "other --values",
                           values - 1, values - 1));
  }
  for (float& x : images.values) {
    x = std::rint(x * static_cast<float>(values - 1)) / static_cast<float>(values - 1);
  }
}

void check_whole_values(const std::string& name, int values, const ImageSet& vectors) {
  const auto most = static_cast<float>(values - 1);
  for (std::size_t i = 0; i < vectors.values.size(); ++i) {
    const float value = vectors.values[i];
    if (!vectors.observed.empty() && vectors.observed[i] == 0) continue;
    if (value >= 0 && value <= most && std::rint(value) == value) continue;
    const std::size_t columns = vectors.columns.names.size();
    fail(ErrorKind::kData,
         "data {}: row {}, column {} is {}, but the likelihood takes the whole numbers 0 to {}; "
         "choose gaussian, or give such numbers",
         name, vectors.indices[i / columns], vectors.columns.names[i % columns], value, most);
  }
}

}  // namespace spvae
