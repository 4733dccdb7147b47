#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "spvae/query/explanation.h"
#include "spvae/report/blocks.h"
#include "spvae/report/evidence_of.h"
#include "spvae/report/explanation_figure.h"
#include "spvae/report/numbers.h"
#include "spvae/report/picture.h"
#include "spvae/report/sections.h"

namespace spvae {

ReportSection trees_section(const ReportSource& source, const ReportOptions& options) {
  constexpr int kTrees = 2;  // each is a large drawing
  ReportSection section{.id = "trees", .title = "Most probable trees", .content = {}};
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
