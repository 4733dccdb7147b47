#include "spvae/report/blocks.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

bool holds(const Html& html, const std::string& text) {
  return html.markup().find(text) != std::string::npos;
}

TEST(Blocks, EscapeEveryText) {
  const Picture dot{.height = 1, .width = 1, .pixels = {7}};
  for (const Html& block : {paragraph("<i>"), warning_note("<i>"), fact_list({{"<i>", "<i>"}}),
                            table("<i>", {{"<i>"}, {"<i>"}}), command_line("<i>"),
                            plot_figure({Chart{}}, "a", "<i>", "<i>"),
                            gallery({{.picture = dot, .alt = "<i>", .caption = "<i>"}})}) {
    EXPECT_FALSE(holds(block, "<i>")) << block.markup();
    EXPECT_TRUE(holds(block, "&lt;i&gt;")) << block.markup();
  }
}

TEST(Blocks, TablesHaveAHeadOfTheirFirstRow) {
  EXPECT_EQ(
      table("c", {{"a", "b"}, {"1", "2"}}).markup(),
      "<table><caption>c</caption><thead><tr><th scope=\"col\">a</th><th "
      "scope=\"col\">b</th></tr></thead><tbody><tr><td>1</td><td>2</td></tr></tbody></table>");
}

TEST(Blocks, GalleriesEnlargeByWholeNumbersAndHoldTheirPictures) {
  const Picture picture{.height = 28, .width = 14, .pixels = std::vector<std::uint8_t>(28 * 14, 9)};
  const Html html = gallery({{.picture = picture, .alt = "seven"}}, 84);
  EXPECT_TRUE(holds(html, "alt=\"seven\" width=\"42\" height=\"84\""));
  // The signature of a PNG in base64.
  EXPECT_TRUE(holds(html, "src=\"data:image/png;base64,iVBORw0KGgo"));
  EXPECT_FALSE(holds(html, "figcaption"));
  const Picture large{.height = 100, .width = 3, .pixels = std::vector<std::uint8_t>(300)};
  EXPECT_TRUE(holds(gallery({{.picture = large, .alt = ""}}), "height=\"100\""));
}

TEST(Blocks, GalleriesShrinkWhatIsLarge) {
  const Picture large{.height = 3000, .width = 2, .pixels = std::vector<std::uint8_t>(6000)};
  EXPECT_TRUE(holds(gallery({{.picture = large, .alt = ""}}), "height=\"1000\""));
}

}  // namespace
}  // namespace spvae
