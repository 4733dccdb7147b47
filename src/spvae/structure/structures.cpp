#include "spvae/structure/structures.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "spvae/core/error.h"
#include "spvae/structure/poon_domingos.h"
#include "spvae/structure/quad.h"
#include "spvae/structure/random_graph.h"
#include "spvae/structure/single_region.h"

namespace spvae {
namespace {

RegionGraph graph_of_file(const StructureConfig& config) {
  if (!config.graph) {
    fail(ErrorKind::kUsage, "structure file: got no graph, expected one by --graph FILE");
  }
  return *config.graph;
}

}  // namespace

const StructureInfo& structure_info(Structure structure) {
  const auto row = static_cast<std::size_t>(structure);
  assert(row < structures().size() && structures()[row].structure == structure);
  return structures()[row];
}

bool uses(const StructureInfo& info, std::string_view field) {
  constexpr std::string_view kOfDivisions[] = {"k-sum", "k-leaf", "product", "sum-scale"};
  if (std::ranges::find(kOfDivisions, field) != std::end(kOfDivisions)) return info.divides;
  return std::ranges::find(info.fields, field) != info.fields.end();
}

std::string structures_that_use(std::string_view field) {
  std::string names;
  for (const StructureInfo& info : structures()) {
    if (uses(info, field)) names.append(names.empty() ? "" : ", ").append(info.name);
  }
  return names;
}

const std::vector<StructureInfo>& structures() {
  using Config = StructureConfig;
  static const std::vector<StructureInfo> table = {
      {Structure::kPoonDomingos,
       "poon-domingos",
       {"delta"},
       true,
       [](const Config& c) { return poon_domingos(c.height, c.width, c.delta, c.channels); }},
      {Structure::kSingleRegion,
       "single-region",
       {},
       false,
       [](const Config& c) { return single_region(c.height, c.width, c.channels); }},
      {Structure::kQuadTree,
       "quad-tree",
       {"delta"},
       true,
       [](const Config& c) { return quad_tree(c.height, c.width, c.delta, c.channels); }},
      {Structure::kQuadGraph,
       "quad-graph",
       {"delta"},
       true,
       [](const Config& c) { return quad_graph(c.height, c.width, c.delta, c.channels); }},
      {Structure::kRandom,
       "random",
       {"leaf-variables", "repetitions", "structure-seed"},
       true,
       [](const Config& c) {
         return random_graph(c.height, c.width, c.channels, c.leaf_variables, c.repetitions,
                             c.seed);
       }},
      {Structure::kFile, "file", {"graph"}, true, graph_of_file},
  };
  return table;
}

}  // namespace spvae
