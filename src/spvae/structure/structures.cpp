#include "spvae/structure/structures.h"

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "spvae/structure/poon_domingos.h"
#include "spvae/structure/single_region.h"

namespace spvae {

const StructureInfo& structure_info(Structure structure) {
  const auto row = static_cast<std::size_t>(structure);
  assert(row < structures().size() && structures()[row].structure == structure);
  return structures()[row];
}

bool uses(const StructureInfo& info, std::string_view field) {
  if (field == "k-sum" || field == "k-leaf") return info.divides;
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
  };
  return table;
}

}  // namespace spvae
