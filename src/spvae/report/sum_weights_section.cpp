#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "spvae/core/index.h"
#include "spvae/model/region_rectangle.h"
#include "spvae/report/blocks.h"
#include "spvae/report/numbers.h"
#include "spvae/report/sections.h"

namespace spvae {
namespace {

constexpr std::size_t kMostCuts = 24;   // rows of the root's picture
constexpr std::size_t kMostPairs = 16;  // its columns

/// Normalised weights of all sums.
class SumWeights {
 public:
  explicit SumWeights(const Spvae& model)
      : circuit_(model.circuit()), weights_(circuit_.sum_weights()) {
    circuit_.log_softmax(model.logits(), weights_);
    for (double& weight : weights_) weight = std::exp(weight);
  }

  std::span<const double> of(int sum) const {
    return std::span(weights_).subspan(circuit_.first_weight(sum), index(circuit_.branches(sum)));
  }
  /// exp of the weights' entropy: as many products of equal weight would have it.
  double effective_products(int sum) const {
    double entropy = 0;
    for (const double weight : of(sum)) {
      if (weight > 0) entropy -= weight * std::log(weight);
    }
    return std::exp(entropy);
  }

 private:
  const Circuit& circuit_;
  std::vector<double> weights_;
};

/// What the sums of the regions of one level have in common: a region's level is one more than the
/// highest of those that it is divided into.
struct Level {
  int number = 0;
  int sums = 0;
  double products = 0;            ///< mean over its sums
  double effective_products = 0;  ///< the same
  double largest_weight = 0;      ///< the same
};

std::vector<Level> levels_of(const Spvae& model, const SumWeights& weights) {
  const Circuit& circuit = model.circuit();
  std::vector<int> level(model.graph().regions().size());
  for (const Partition& partition : model.graph().partitions()) {
    int& own = level[index(partition.region)];
    own = std::max({own, level[index(partition.left)] + 1, level[index(partition.right)] + 1});
  }
  std::vector<Level> levels(index(level.back()) + 1);
  for (int sum = 0; sum < circuit.sum_nodes(); ++sum) {
    Level& own = levels[index(level[index(circuit.region(circuit.leaves() + sum))])];
    own.number = level[index(circuit.region(circuit.leaves() + sum))];
    ++own.sums;
    own.products += circuit.branches(sum);
    own.effective_products += weights.effective_products(sum);
    own.largest_weight += std::ranges::max(weights.of(sum));
  }
  std::erase_if(levels, [](const Level& own) { return own.sums == 0; });  // the leaves alone
  for (Level& own : levels) {
    own.products /= own.sums;
    own.effective_products /= own.sums;
    own.largest_weight /= own.sums;
  }
  return levels;
}

Html level_table(const std::vector<Level>& levels) {
  std::vector<std::vector<std::string>> rows = {
      {"Level", "Sums", "Products of a sum", "Effective", "Largest weight"}};
  for (std::size_t i = levels.size(); i-- > 0;) {
    const Level& level = levels[i];
    rows.push_back({std::to_string(level.number), count_text(level.sums),
                    decimal_text(level.products, 1), decimal_text(level.effective_products, 2),
                    decimal_text(level.largest_weight, 3)});
  }
  return table("Means over the sums of a level.", rows);
}

Chart level_chart(const std::vector<Level>& levels) {
  Chart chart{.x = {.label = "level, the root's on the right"},
              .y = {.label = "products of a sum", .logarithmic = true},
              .series = {{.name = "all"}, {.name = "effective number"}}};
  for (std::size_t i = 0; i < levels.size(); ++i) {
    for (Series& series : chart.series) series.x.push_back(levels[i].number);
    chart.series[0].y.push_back(levels[i].products);
    chart.series[1].y.push_back(levels[i].effective_products);
  }
  return chart;
}

/// One cut of the image and the weights of its pairs of nodes.
struct RootCut {
  std::string name;
  std::vector<double> weights = {};
  double total() const { return std::accumulate(weights.begin(), weights.end(), 0.0); }
};

std::vector<RootCut> root_cuts(const Spvae& model, const SumWeights& weights) {
  const Circuit& circuit = model.circuit();
  const int root = circuit.sum_nodes() - 1;
  std::vector<RootCut> cuts;
  int last_region = -1;
  for (int product = 0; product < circuit.branches(root); ++product) {
    const Circuit::Branch children = circuit.branch(root, product);
    const int region = circuit.region(children.right);
    if (region != last_region) {
      const auto cut = cut_between(region_rectangle(model, circuit.region(children.left)),
                                   region_rectangle(model, region));
      cuts.push_back({.name = !cut ? fmt::format("division {}", cuts.size() + 1)
                              : cut->is_horizontal
                                  ? fmt::format("above row {}", cut->before)
                                  : fmt::format("left of column {}", cut->before)});
      last_region = region;
    }
    cuts.back().weights.push_back(weights.of(root)[index(product)]);
  }
  return cuts;
}

HeatMap root_map(std::vector<RootCut> cuts) {
  if (cuts.size() > kMostCuts) {
    std::ranges::stable_sort(cuts, std::ranges::greater{}, &RootCut::total);
    cuts.resize(kMostCuts);
  }
  std::size_t pairs = 0;
  for (const RootCut& cut : cuts) pairs = std::max(pairs, cut.weights.size());
  const bool is_summed = pairs > kMostPairs;
  HeatMap map{.x_label = is_summed ? "" : "pair of nodes, weight / %", .y_label = "cut"};
  if (is_summed) map.columns = {"all pairs, weight / %"};
  for (std::size_t pair = 0; pair < pairs && !is_summed; ++pair) {
    map.columns.push_back(std::to_string(pair + 1));
  }
  for (const RootCut& cut : cuts) {
    map.rows.push_back(cut.name);
    if (is_summed) {
      map.values.push_back(100 * cut.total());
      continue;
    }
    for (std::size_t pair = 0; pair < pairs; ++pair) {
      map.values.push_back(pair < cut.weights.size() ? 100 * cut.weights[pair] : NAN);
    }
  }
  return map;
}

}  // namespace

ReportSection sum_weights_section(const ReportSource& source) {
  const Spvae& model = source.stored.model;
  ReportSection section{.id = "sum-weights", .title = "Sum weights"};
  if (model.circuit().sum_nodes() == 0) {
    section.content =
        paragraph("Does not apply: the model has a single region, hence no sums and no weights.");
    return section;
  }
  const SumWeights weights(model);
  const std::vector<RootCut> cuts = root_cuts(model, weights);
  section.content += html_element("h3", "The root");
  section.content += plot_figure(
      {root_map(cuts)}, "root-weights",
      fmt::format("Heat map of the root's weights over {} cuts of the image.", cuts.size()),
      cuts.size() > kMostCuts
          ? fmt::format("The root's weights: how probable each first cut is, before an image is "
                        "seen. Shown are the {} most probable of {} cuts.",
                        kMostCuts, cuts.size())
          : "The root's weights: how probable each first cut is, before an image is seen.");
  const std::vector<Level> levels = levels_of(model, weights);
  section.content += html_element("h3", "Level by level");
  section.content += paragraph(
      "A sum with n products of equal weight makes use of all n; one that has decided, of one. The "
      "effective number, exp of the weights' entropy, says how many. Level 1 holds the sums over "
      "two super-pixels (level 0, with element-wise products, those over one), the last level the "
      "root.");
  if (levels.size() > 1) {
    section.content += plot_figure({level_chart(levels)}, "levels",
                                   "Number and effective number of a sum's products, by level.",
                                   "How many of their products sums make use of.");
  }
  section.content += level_table(levels);
  return section;
}

}  // namespace spvae
