#include "spvae/plot/text.h"

#include <gtest/gtest.h>

namespace spvae::plot {
namespace {

TEST(SvgNames, AreNumberedInOrderOfAppearance) {
  EXPECT_EQ(with_stable_names(R"(<g id="surface41"><image id="image7"/><use xlink:href="#image7"/>)"
                              R"(<image id="image12"/><use xlink:href="#image12"/></g>)"),
            R"(<g id="surface0"><image id="image1"/><use xlink:href="#image1"/>)"
            R"(<image id="image2"/><use xlink:href="#image2"/></g>)");
}

TEST(SvgNames, AreAllThatChanges) {
  for (const char* svg : {"", "\"", "#", R"(<g id="glyph0-12" href="image/png;image5" x="image"/>)",
                          R"(<g fill="#123456">image5 surface6</g>)"}) {
    EXPECT_EQ(with_stable_names(svg), svg);
  }
}

}  // namespace
}  // namespace spvae::plot
