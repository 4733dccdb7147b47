#include "spvae/report/blame.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "spvae/report/picture.h"

namespace spvae {
namespace {

/// Nats per pixel [height · width], above the mean.
std::vector<double> excess_of(const RegionGraph& graph, const ImageSet& images,
                              std::span<const double> contributions, std::span<const double> mean) {
  const auto channels = static_cast<std::size_t>(images.channels);
  std::vector<double> excess(static_cast<std::size_t>(images.variables()) / channels, 0.0);
  for (std::size_t region = 0; region < contributions.size(); ++region) {
    const std::vector<int>& scope = graph.regions()[region].scope;
    const double share = (contributions[region] - mean[region]) / static_cast<double>(scope.size());
    for (const int variable : scope) excess[static_cast<std::size_t>(variable) / channels] += share;
  }
  return excess;
}

Picture coloured(const Picture& image, std::span<const double> excess, double most) {
  constexpr std::array kStrange = {220.0, 30.0, 30.0};
  constexpr std::array kCommon = {40.0, 90.0, 220.0};
  constexpr double kMostColour = 0.75;  // what is left shows the image
  const auto channels = static_cast<std::size_t>(image.channels);
  Picture picture{.height = image.height, .width = image.width, .channels = 3};
  for (std::size_t pixel = 0; pixel < excess.size(); ++pixel) {
    double gray = 0;
    for (std::size_t c = 0; c < channels; ++c) gray += image.pixels[pixel * channels + c];
    gray /= static_cast<double>(channels);
    const double weight = most > 0 ? kMostColour * std::abs(excess[pixel]) / most : 0;
    for (const double colour : excess[pixel] < 0 ? kStrange : kCommon) {
      picture.pixels.push_back(
          static_cast<std::uint8_t>(std::lround((1 - weight) * gray + weight * colour)));
    }
  }
  return picture;
}

}  // namespace

std::vector<Picture> blame_pictures(const RegionGraph& graph, const ImageSet& images,
                                    std::span<const double> contributions,
                                    std::span<const std::size_t> chosen) {
  const auto regions = static_cast<std::size_t>(graph.leaf_regions());
  const std::size_t count = contributions.size() / regions;
  assert(count == static_cast<std::size_t>(images.count()));
  std::vector<double> mean(regions, 0.0);
  for (std::size_t i = 0; i < contributions.size(); ++i) {
    mean[i % regions] += contributions[i] / static_cast<double>(count);
  }
  std::vector<std::vector<double>> excesses;
  double most = 0;
  for (const std::size_t image : chosen) {
    excesses.push_back(
        excess_of(graph, images, contributions.subspan(image * regions, regions), mean));
    for (const double value : excesses.back()) most = std::max(most, std::abs(value));
  }
  std::vector<Picture> pictures;
  pictures.reserve(chosen.size());
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    pictures.push_back(
        coloured(picture_of(images, static_cast<int>(chosen[i])), excesses[i], most));
  }
  return pictures;
}

}  // namespace spvae
