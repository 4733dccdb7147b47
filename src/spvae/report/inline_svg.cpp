#include "spvae/report/inline_svg.h"

#include <cassert>
#include <cstddef>

#include "spvae/plot/write_plot.h"

namespace spvae {
namespace {

// What stands before a name where it is given or used.
constexpr std::string_view kBeforeNames[] = {" id=\"", "href=\"#", "url(#"};

std::string with_own_names(std::string_view svg, std::string_view name) {
  std::string result;
  while (!svg.empty()) {
    std::size_t next = svg.size();
    for (const std::string_view before : kBeforeNames) {
      const std::size_t place = svg.find(before);
      if (place != std::string_view::npos && place + before.size() < next) {
        next = place + before.size();
      }
    }
    result += svg.substr(0, next);
    if (next < svg.size()) result.append(name).append("-");
    svg.remove_prefix(next);
  }
  return result;
}

}  // namespace

Html inline_svg(const Figure& figure, std::string_view name, std::string_view alt) {
  return inline_svg(render_plot(figure, PlotFormat::kSvg), name, alt);
}

Html inline_svg(std::string_view svg, std::string_view name, std::string_view alt) {
  constexpr std::string_view kStart = "<svg ";
  const std::size_t start = svg.find(kStart);  // behind the declaration of XML
  assert(start != std::string_view::npos);
  std::string markup = "<svg role=\"img\" aria-label=\"" + html_text(alt).markup() + "\" ";
  markup += with_own_names(svg.substr(start + kStart.size()), name);
  return Html::trusted(std::move(markup));
}

}  // namespace spvae
