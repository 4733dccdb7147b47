#include "spvae/report/html.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

TEST(Html, EscapesWhatWouldBeMarkup) {
  EXPECT_EQ(html_text("<script>alert('a & \"b\"')</script>").markup(),
            "&lt;script&gt;alert(&#39;a &amp; &quot;b&quot;&#39;)&lt;/script&gt;");
  EXPECT_EQ(html_text("&amp;").markup(), "&amp;amp;");
  EXPECT_EQ(html_text("Δ ≤ 7").markup(), "Δ ≤ 7");
}

TEST(Html, HoldsNoByteThatAPageMayNotHold) {
  EXPECT_EQ(html_text(std::string("a\0b\x01\xff", 5)).markup(), "a b ?");
}

TEST(Html, ClosesItsElementsAndQuotesItsAttributes) {
  const Html link = html_element("a", {{"href", "#x"}, {"title", "\"><b>"}}, html_text("<here>"));
  EXPECT_EQ(link.markup(), R"(<a href="#x" title="&quot;&gt;&lt;b&gt;">&lt;here&gt;</a>)");
  EXPECT_EQ(html_element("p", html_text("1") + html_element("b", "2")).markup(),
            "<p>1<b>2</b></p>");
  EXPECT_EQ(html_void_element("img", {{"alt", "a 'b'"}}).markup(), "<img alt=\"a &#39;b&#39;\">");
}

TEST(Html, JoinsInOrder) {
  Html html = html_text("a");
  html += html_text("b");
  EXPECT_EQ((html + html_text("c") + Html()).markup(), "abc");
}

}  // namespace
}  // namespace spvae
