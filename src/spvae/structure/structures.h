#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "spvae/structure/region_graph.h"

namespace spvae {

/// How an image is divided: the rows of structures(), in this order.
enum class Structure {
  kPoonDomingos = 0,
  kSingleRegion = 1,
  kQuadTree = 2,
  kQuadGraph = 3,
  kRandom = 4,
  kFile = 5,
};

/// What a region graph is made from; a structure makes use of the fields that its row names.
struct StructureConfig {
  int height = 28;
  int width = 28;
  int channels = 1;
  int delta = 7;                             ///< side of a super-pixel, pixels
  int leaf_variables = 64;                   ///< most of a leaf region
  int repetitions = 4;                       ///< divisions of the image, each from the root down
  std::uint32_t seed = 0;                    ///< of random divisions
  std::shared_ptr<const RegionGraph> graph;  ///< which a file holds
};

/// Named facts about a structure.
struct StructureInfo {
  Structure structure;
  std::string_view name;  ///< as in the config
  std::vector<std::string_view>
      fields;  ///< of the config, that it alone or with others makes use of
  /// Whether it divides the image; otherwise the image is one leaf region with one leaf, which the
  /// paper gives larger networks.
  bool divides;
  /// Throws Error(kUsage) for sizes that it does not take.
  RegionGraph (*make)(const StructureConfig& config);
};

/// The one table of structures, in the order of the enumeration.
const std::vector<StructureInfo>& structures();

const StructureInfo& structure_info(Structure structure);

/// Whether it makes use of the field of this name: of those of its row, and where it divides the
/// image, of those of sums and of several leaves in a region.
bool uses(const StructureInfo& info, std::string_view field);

/// Names of the structures that make use of a field: "poon-domingos, quad-tree".
std::string structures_that_use(std::string_view field);

}  // namespace spvae
