#include "spvae/report/blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <cstddef>

#include "spvae/io/digest.h"
#include "spvae/plot/shrunk_picture.h"
#include "spvae/plot/write_plot.h"

namespace spvae {
namespace {

// Pictures that are longer are shrunk, so that a report of large images stays small.
constexpr int kLongest = 1024;

Html gallery_figure(const GalleryPicture& item, int height) {
  const int longest = std::max(item.picture.height, item.picture.width);
  const Picture picture = shrunk(item.picture, (longest + kLongest - 1) / kLongest);
  const int scale = std::max(1, (height + picture.height / 2) / picture.height);
  const int width = picture.width * scale;
  Html content =
      html_void_element("img", {{"src", "data:image/png;base64," + base64(encode_png(picture))},
                                {"alt", item.alt},
                                {"width", std::to_string(width)},
                                {"height", std::to_string(picture.height * scale)}});
  if (!item.caption.empty()) content += html_element("figcaption", item.caption);
  // Captions are wrapped, not the gallery widened.
  return html_element("figure", {{"style", fmt::format("width:max(5.25rem,{}px)", width)}},
                      content);
}

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

Html paragraph(std::string_view text) { return html_element("p", text); }

Html warning_note(std::string_view text) {
  return html_element("p", {{"class", "warning"}},
                      html_element("strong", "Warning: ") + html_text(text));
}

Html fact_list(const Facts& facts) {
  Html list;
  for (const auto& [name, value] : facts) {
    list += html_element("div", html_element("dt", name) + html_element("dd", value));
  }
  return html_element("dl", list);
}

Html table(std::string_view caption, const std::vector<std::vector<std::string>>& rows) {
  assert(!rows.empty());
  const auto row_of = [](const std::vector<std::string>& cells, std::string_view name,
                         const HtmlAttributes& attributes) {
    Html row;
    for (const std::string& cell : cells) row += html_element(name, attributes, html_text(cell));
    return html_element("tr", row);
  };
  Html body;
  for (std::size_t i = 1; i < rows.size(); ++i) body += row_of(rows[i], "td", {});
  return html_element("table",
                      html_element("caption", caption) +
                          html_element("thead", row_of(rows[0], "th", {{"scope", "col"}})) +
                          html_element("tbody", body));
}

Html command_line(std::string_view text) { return html_element("pre", html_element("code", text)); }

Html plot_figure(const Figure& figure, std::string_view name, std::string_view alt,
                 std::string_view caption) {
  return html_element("figure", {{"class", "plot"}},
                      inline_svg(render_plot(figure, PlotFormat::kSvg), name, alt) +
                          html_element("figcaption", caption));
}

Html gallery(const std::vector<GalleryPicture>& pictures, int height) {
  Html figures;
  for (const GalleryPicture& picture : pictures) figures += gallery_figure(picture, height);
  return html_element("div", {{"class", "gallery"}}, figures);
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
