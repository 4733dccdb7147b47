#include "spvae/experiment/latent_space.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <map>
#include <numbers>
#include <set>
#include <vector>

#include "spvae/core/error.h"
#include "spvae/core/index.h"
#include "spvae/model/data_units.h"
#include "spvae/model/region_rectangle.h"

namespace spvae {
namespace {

/// Where the distribution function of N(0, 1) is p, by bisection.
double normal_quantile(double p) {
  double low = -10;
  double high = 10;
  for (int i = 0; i < 60; ++i) {
    const double middle = 0.5 * (low + high);
    (0.5 * std::erfc(-middle / std::numbers::sqrt2) < p ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

/// Counted from 1, of a value that is there.
std::ptrdiff_t rank(const std::set<int>& values, int value) {
  return 1 + std::distance(values.begin(), values.find(value));
}

std::string tile_caption(std::ptrdiff_t row, std::ptrdiff_t column,
                         const std::vector<int>& leaves) {
  return fmt::format("row {}, column {}: {} {}", row, column,
                     leaves.size() == 1 ? "leaf" : "leaves", fmt::join(leaves, ", "));
}

/// To the eye: below 5 % of white.
bool is_black(const Picture& picture) {
  return std::ranges::all_of(picture.pixels, [](std::uint8_t pixel) { return pixel < 13; });
}

}  // namespace

Picture latent_plane_picture(const Spvae& model, LeafEngine& engine, int leaf,
                             const LatentPlane& plane, int side) {
  const auto scope = model.leaves().scope(leaf);
  const int image_width = model.config().width;
  const int channels = model.config().channels;
  const PixelRectangle patch = region_rectangle(model, model.circuit().region(leaf));
  const int rows = plane.upwards < 0 ? 1 : side;
  Picture picture{.height = rows * patch.height, .width = side * patch.width, .channels = channels};
  picture.pixels.resize(static_cast<std::size_t>(picture.height) *
                        static_cast<std::size_t>(picture.width) *
                        static_cast<std::size_t>(channels));
  const CodeGaussian prior = model.prior(leaf);
  const std::vector<int> experts(index(rows * side), model.leaves().expert_of(leaf));
  const auto code = [&](std::size_t cell, std::span<float> z) {
    const auto set_quantile = [&](int dimension, int step) {
      const std::size_t d = index(dimension);
      z[d] =
          static_cast<float>(prior.mean[d] + prior.scale[d] * normal_quantile((step + 0.5) / side));
    };
    std::ranges::copy(std::vector<float>(prior.mean.begin(), prior.mean.end()), z.begin());
    set_quantile(plane.across, static_cast<int>(cell) % side);
    if (plane.upwards >= 0) set_quantile(plane.upwards, side - 1 - static_cast<int>(cell) / side);
  };
  const auto paint = [&](std::size_t cell, std::span<const PixelDistribution> pixels) {
    std::vector<double> means(scope.size());
    std::ranges::transform(pixels, means.begin(), mean_pixel);
    to_data_units(model.config(), scope, SampledPixels::kMean, means);
    for (std::size_t i = 0; i < scope.size(); ++i) {
      const int pixel = scope[i] / channels;
      const int y = static_cast<int>(cell) / side * patch.height + pixel / image_width - patch.top;
      const int x = static_cast<int>(cell) % side * patch.width + pixel % image_width - patch.left;
      const int at = (y * picture.width + x) * channels + scope[i] % channels;
      picture.pixels[index(at)] =
          static_cast<std::uint8_t>(std::lround(255 * std::clamp(means[i], 0.0, 1.0)));
    }
  };
  engine.decode(model.parameters(), experts, code, paint);
  return picture;
}

ImageGrid latent_space_grid(const Spvae& model, LeafEngine& engine, int side) {
  if (model.config().leaf.latent != 2) {
    fail(ErrorKind::kUsage, "latent: got {}, expected 2 to draw the latent spaces",
         model.config().leaf.latent);
  }
  std::map<std::pair<int, int>, std::vector<int>> leaves;  // by row and column of the super-pixel
  std::set<int> rows;
  std::set<int> columns;
  for (int leaf = 0; leaf < model.leaves().leaves(); ++leaf) {
    const PixelRectangle patch = region_rectangle(model, model.circuit().region(leaf));
    rows.insert(patch.top);
    columns.insert(patch.left);
    leaves[{patch.top, patch.left}].push_back(leaf);
  }
  ImageGrid grid{.title = fmt::format("Latent spaces of the {} leaves: mean patches at quantiles "
                                      "(i + ½)/{} of the prior, z0 to the right, z1 upwards.",
                                      model.leaves().leaves(), side),
                 .columns = static_cast<int>(columns.size())};
  bool some_are_black = false;
  for (const auto& [place, of_place] : leaves) {
    ImageTile tile{
        .caption = tile_caption(rank(rows, place.first), rank(columns, place.second), of_place)};
    for (const int leaf : of_place) {
      tile.pictures.push_back(latent_plane_picture(model, engine, leaf, {}, side));
      some_are_black |= is_black(tile.pictures.back());
    }
    grid.tiles.push_back(std::move(tile));
  }
  if (some_are_black) grid.title += " Black: leaves of black patches alone.";
  return grid;
}

}  // namespace spvae
