#include "spvae/query/tree_pixels.h"

#include "spvae/core/index.h"

namespace spvae {

void fill_by_trees(const Spvae& model, LeafEngine& engine, std::span<const std::vector<int>> leaves,
                   const TreeCode& code, SampledPixels made, const TreePixel& pixel,
                   std::span<float> values) {
  struct Row {
    std::size_t image;
    int leaf;
  };
  std::vector<Row> rows;
  std::vector<int> experts;
  for (std::size_t image = 0; image < leaves.size(); ++image) {
    for (const int leaf : leaves[image]) {
      rows.push_back({image, leaf});
      experts.push_back(model.leaves().expert_of(leaf));
    }
  }
  const std::size_t variables = index(model.graph().variables());
  engine.decode(
      model.parameters(), experts,
      [&](std::size_t row, std::span<float> z) { code(rows[row].image, rows[row].leaf, z); },
      [&](std::size_t row, std::span<const PixelDistribution> pixels) {
        const auto [image, leaf] = rows[row];
        const auto scope = model.leaves().scope(leaf);
        std::vector<double> of_leaf(scope.size());
        for (std::size_t i = 0; i < scope.size(); ++i) {
          of_leaf[i] = pixel(image, leaf, static_cast<std::uint32_t>(i), pixels[i]);
        }
        to_data_units(model.config(), scope, made, of_leaf);
        for (std::size_t i = 0; i < scope.size(); ++i) {
          values[image * variables + index(scope[i])] = static_cast<float>(of_leaf[i]);
        }
      });
}

}  // namespace spvae
