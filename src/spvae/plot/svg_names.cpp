#include "spvae/plot/svg_names.h"

#include <fmt/format.h>

#include <cstddef>
#include <map>

namespace spvae::plot {

std::string with_stable_names(std::string_view svg) {
  std::map<std::string_view, std::size_t> numbers;
  std::string stable;
  while (!svg.empty()) {
    // A name stands in an id or behind a "#".
    std::size_t place = svg.find_first_of("\"#");
    place = place == std::string_view::npos ? svg.size() : place + 1;
    stable += svg.substr(0, place);
    svg.remove_prefix(place);
    for (const std::string_view kind : {"surface", "image"}) {
      if (!svg.starts_with(kind)) continue;
      std::size_t end = kind.size();
      while (end < svg.size() && svg[end] >= '0' && svg[end] <= '9') ++end;
      if (end == kind.size()) continue;
      const std::size_t number =
          numbers.try_emplace(svg.substr(0, end), numbers.size()).first->second;
      stable += fmt::format("{}{}", kind, number);
      svg.remove_prefix(end);
    }
  }
  return stable;
}

}  // namespace spvae::plot
