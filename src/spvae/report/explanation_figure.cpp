#include "spvae/report/explanation_figure.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <numeric>

#include "spvae/core/index.h"
#include "spvae/model/region_rectangle.h"
#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/picture.h"
#include "spvae/report/sections.h"

namespace spvae {
namespace {

DividedPicture divided_picture(const Explanation& explanation, const Picture& picture) {
  DividedPicture divided{.title = "The most probable tree: cuts by level, leaves by number",
                         .picture = picture};
  for (const ExplanationNode& node : explanation.nodes) {
    if (node.is_leaf()) {
      divided.labels.push_back({.part = node.rectangle, .text = std::to_string(node.node)});
      continue;
    }
    if (node.right < 0) continue;  // a sum over its own region's leaves: nothing is divided
    // Parts that are no rectangles have no line between them.
    const auto cut = cut_between(explanation.nodes[index(node.left)].rectangle,
                                 explanation.nodes[index(node.right)].rectangle);
    if (!cut) continue;
    divided.cuts.push_back({.part = node.rectangle,
                            .is_horizontal = cut->is_horizontal,
                            .before = cut->before,
                            .level = node.level + 1});
  }
  return divided;
}

PartShares responsibility_map(const Spvae& model, const Explanation& explanation) {
  PartShares map{.title = "Responsibilities of all leaves; black: the tree's",
                 .height = model.config().height,
                 .width = model.config().width};
  std::vector<bool> is_chosen(index(model.circuit().leaves()));
  for (const ExplanationNode& node : explanation.nodes) {
    if (node.is_leaf()) is_chosen[index(node.node)] = true;
  }
  const int k = model.circuit().k_leaf();
  for (int region = 0; region < model.graph().leaf_regions(); ++region) {
    PartShares::Part part{.rectangle = region_rectangle(model, region)};
    for (int i = 0; i < k; ++i) {
      const int leaf = region * k + i;
      part.names.push_back(std::to_string(leaf));
      part.shares.push_back(explanation.responsibilities[index(leaf)]);
      if (is_chosen[index(leaf)]) part.marked = i;
    }
    map.parts.push_back(std::move(part));
  }
  return map;
}

/// Whether the leaf regions are rectangles that make up the image, each pixel in one.
bool are_tiles(const Spvae& model) {
  std::size_t covered = 0;
  for (int region = 0; region < model.graph().leaf_regions(); ++region) {
    const std::size_t variables = model.graph().regions()[index(region)].scope.size();
    const PixelRectangle bounds = region_rectangle(model, region);
    if (index(bounds.height * bounds.width * model.config().channels) != variables) return false;
    covered += variables;
  }
  return covered == index(model.graph().variables());
}

ImageGrid leaf_grid(const Spvae& model, const Explanation& explanation, const Picture& picture) {
  constexpr int kColumns = 4;
  constexpr std::uint8_t kOtherPixels = 128;
  ImageGrid grid{.title = "The leaves of the most probable tree: their pixels, the others gray",
                 .columns = kColumns};
  for (const ExplanationNode& node : explanation.nodes) {
    if (!node.is_leaf()) continue;
    Picture part = picture;
    std::ranges::fill(part.pixels, kOtherPixels);
    for (const std::int32_t v : model.leaves().scope(node.node)) {
      part.pixels[index(v)] = picture.pixels[index(v)];
    }
    grid.tiles.push_back(
        {.caption = fmt::format("leaf {}: {:.0f}%", node.node,
                                100 * explanation.responsibilities[index(node.node)]),
         .pictures = {std::move(part)}});
  }
  return grid;
}

}  // namespace

Figure explanation_figure(const Spvae& model, const Explanation& explanation,
                          const Picture& picture) {
  if (!are_tiles(model)) return {leaf_grid(model, explanation, picture)};
  return {divided_picture(explanation, picture), responsibility_map(model, explanation)};
}

ReportSection trees_section(const ReportSource& source, const ReportOptions& options) {
  constexpr int kTrees = 2;  // each is a large drawing
  ReportSection section{.id = "trees", .title = "Most probable trees"};
  const Spvae& model = source.stored.model;
  if (model.circuit().sum_nodes() == 0) {
    section.content = paragraph(
        "Does not apply: the model has a single region, so that nothing is divided or chosen.");
    return section;
  }
  section.content = paragraph(
      "How the model divides an image: each sum of the circuit that the tree reaches chooses a cut "
      "and a pair of nodes below it, down to one leaf for each super-pixel. Cuts are numbered by "
      "their level, 1 the first, and are the thicker the earlier they are. With it, the "
      "responsibilities of all leaves, over all trees.");
  const int count = std::min({kTrees, options.pictures, source.images.count()});
  const Evidence evidence = evidence_of_first(source, count, options);
  for (int image = 0; image < count; ++image) {
    const Explanation explanation = explain(model, evidence, image);
    const std::uint32_t index = source.images.indices[static_cast<std::size_t>(image)];
    const Figure figure = explanation_figure(model, explanation, picture_of(source.images, image));
    const auto cuts = std::ranges::count_if(
        explanation.nodes, [](const ExplanationNode& node) { return node.right >= 0; });
    // One above the other on a narrow screen.
    Html panels;
    const char* const captions[] = {"The tree, over the image.", "The responsibilities."};
    for (std::size_t panel = 0; panel < figure.size(); ++panel) {
      panels += plot_figure({figure[panel]}, fmt::format("tree-{}-{}", image, panel),
                            panel == 0 ? fmt::format("Image {} with the {} cuts of its most "
                                                     "probable tree.",
                                                     index, cuts)
                                       : "The responsibilities of the leaves of each super-pixel.",
                            captions[panel]);
    }
    section.content += html_element(
        "h3",
        fmt::format("Image no. {}: {} nats; the tree's probability given the image is {:.3g}",
                    index, decimal_text(explanation.log_likelihood, 1), explanation.probability));
    section.content += html_element("div", {{"class", "gallery"}}, panels);
  }
  return section;
}

}  // namespace spvae
