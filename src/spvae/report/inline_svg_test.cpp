#include "spvae/report/blocks.h"

#include <gtest/gtest.h>

#include "spvae/plot/write_plot.h"

namespace spvae {
namespace {

TEST(InlineSvg, HasADescriptionAndNamesOfItsOwn) {
  const Html svg = inline_svg(
      "<?xml version=\"1.0\"?>\n<svg width=\"9pt\"><g id=\"glyph-0\"/><use "
      "xlink:href=\"#glyph-0\"/><g clip-path=\"url(#clip-0)\"/><rect idle=\"1\"/></svg>\n",
      "curve", "a \"b\"");
  EXPECT_EQ(svg.markup(),
            "<svg role=\"img\" aria-label=\"a &quot;b&quot;\" width=\"9pt\"><g "
            "id=\"curve-glyph-0\"/><use xlink:href=\"#curve-glyph-0\"/><g "
            "clip-path=\"url(#curve-clip-0)\"/><rect idle=\"1\"/></svg>\n");
}

TEST(InlineSvg, UsesNoNameThatItDoesNotGive) {
  const Chart chart{.title = "t",
                    .x = {.label = "x"},
                    .y = {.label = "y"},
                    .series = {{.name = "s", .x = {1, 2}, .y = {3, 4}}}};
  const ImageGrid grid{
      .title = {}, .columns = 1, .tiles = {{.caption = "c", .pictures = {{1, 2, 1, {0, 255}}}}}};
  const std::string svg =
      inline_svg(render_plot(Figure{chart, grid}, PlotFormat::kSvg), "name", "alt").markup();
  std::size_t uses = 0;
  for (std::size_t at = svg.find("href=\"#"); at != std::string::npos;
       at = svg.find("href=\"#", at + 1)) {
    const std::size_t start = at + 7;
    const std::string name = svg.substr(start, svg.find('"', start) - start);
    EXPECT_TRUE(name.starts_with("name-")) << name;
    EXPECT_NE(svg.find(" id=\"" + name + "\""), std::string::npos) << name;
    ++uses;
  }
  EXPECT_GT(uses, 2u);
}

}  // namespace
}  // namespace spvae
