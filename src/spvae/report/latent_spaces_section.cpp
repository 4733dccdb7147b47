#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "spvae/core/index.h"
#include "spvae/experiment/latent_space.h"
#include "spvae/model/region_rectangle.h"
#include "spvae/query/embedding.h"
#include "spvae/query/latent_information.h"
#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/sections.h"

namespace spvae {
namespace {

constexpr int kImages = 256;  // behind the choice of dimensions
constexpr int kSide = 8;      // codes along a dimension
constexpr std::size_t kSuperPixels = 36;
constexpr int kLeaves = 4;  // of a super-pixel

/// A leaf's plane, and the information of its dimensions.
struct ChosenPlane {
  LatentPlane dimensions;
  double across = 0;   ///< nats
  double upwards = 0;  ///< nats
};

/// The two dimensions of most information; of two dimensions both, in their order.
ChosenPlane plane_of(std::span<const double> information) {
  if (information.size() == 1) return {{.across = 0, .upwards = -1}, information[0], 0};
  std::vector<int> order(information.size());
  std::iota(order.begin(), order.end(), 0);
  if (information.size() > 2) {
    std::ranges::stable_sort(order, std::ranges::greater{},
                             [&](int d) { return information[index(d)]; });
  }
  return {{.across = order[0], .upwards = order[1]},
          information[index(order[0])],
          information[index(order[1])]};
}

std::string caption_of(int leaf, const PixelRectangle& place, const ChosenPlane& plane) {
  std::string text =
      fmt::format("Leaf {} at row {}, column {}. → z{}, {} nats", leaf, place.top, place.left,
                  plane.dimensions.across, decimal_text(plane.across, 2));
  if (plane.dimensions.upwards >= 0) {
    text +=
        fmt::format("; ↑ z{}, {} nats", plane.dimensions.upwards, decimal_text(plane.upwards, 2));
  }
  return text;
}

/// The super-pixels whose leaves' codes say most, in their own order.
std::vector<int> chosen_regions(const Spvae& model, std::span<const double> information) {
  std::vector<int> regions(index(model.graph().leaf_regions()));
  std::iota(regions.begin(), regions.end(), 0);
  if (regions.size() <= kSuperPixels) return regions;
  const std::size_t width = information.size() / regions.size();
  std::ranges::stable_sort(regions, std::ranges::greater{}, [&](int region) {
    const auto own = information.subspan(index(region) * width, width);
    return std::accumulate(own.begin(), own.end(), 0.0);
  });
  regions.resize(kSuperPixels);
  std::ranges::sort(regions);
  return regions;
}

std::string explanation(const Spvae& model, bool is_part) {
  const int latent = model.config().leaf.latent;
  std::string text =
      "What the decoders make of their codes: mean patches over the quantiles of the prior "
      "(TP19 Fig. 3), one dimension growing to the right, one upwards. ";
  if (latent == 1) {
    text += "Codes have one dimension. ";
  } else if (latent == 2) {
    text += "Codes have two dimensions. ";
  } else {
    text += fmt::format(
        "Of the {} dimensions of each leaf's code, those two are drawn that carry most "
        "information about the first images, and the others are at the prior's mean. ",
        latent);
  }
  text +=
      "Below, where the super-pixel begins, and the dimensions' information: their mean "
      "Kullback-Leibler divergence from the prior, images weighted by the leaf's responsibility.";
  if (is_part) {
    text += fmt::format(" Shown are {} of {} super-pixels, those of most information.",
                        kSuperPixels, count_text(model.graph().leaf_regions()));
  }
  if (model.circuit().k_leaf() > kLeaves) {
    text += fmt::format(" Of the {} leaves of a super-pixel, the first {} are shown.",
                        model.circuit().k_leaf(), kLeaves);
  }
  return text;
}

}  // namespace

ReportSection latent_spaces_section(const ReportSource& source, const ReportOptions& options) {
  const Spvae& model = source.stored.model;
  const int latent = model.config().leaf.latent;
  const int k = model.circuit().k_leaf();
  const Evidence evidence =
      evidence_of_first(source, std::min(kImages, source.images.count()), options);
  std::vector<CodeGaussian> priors;
  priors.reserve(index(model.leaves().leaves()));
  for (int leaf = 0; leaf < model.leaves().leaves(); ++leaf) {
    priors.push_back(model.prior(leaf));
  }
  const std::vector<double> information =
      latent_information(embed(model, evidence, source.engine, source.pool), priors);
  const std::vector<int> regions = chosen_regions(model, information);
  std::vector<GalleryPicture> pictures;
  for (const int region : regions) {
    const PixelRectangle place = region_rectangle(model, region);
    for (int leaf = region * k; leaf < region * k + std::min(k, kLeaves); ++leaf) {
      const ChosenPlane plane =
          plane_of(std::span(information).subspan(index(leaf) * index(latent), index(latent)));
      pictures.push_back(
          {.picture = latent_plane_picture(model, source.engine, leaf, plane.dimensions, kSide),
           .alt = fmt::format("latent space of leaf {}", leaf),
           .caption = caption_of(leaf, place, plane)});
    }
  }
  return {.id = "latent-spaces",
          .title = "Latent spaces of the leaves",
          .content =
              paragraph(explanation(model, regions.size() < index(model.graph().leaf_regions()))) +
              gallery(pictures, 112)};
}

}  // namespace spvae
