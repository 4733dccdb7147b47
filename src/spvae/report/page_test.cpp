#include "spvae/report/html.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

TEST(Page, IsADocumentWithATitleAndItsContents) {
  const std::string page =
      report_page("a <title>", html_element("p", "lead"),
                  {{.id = "one", .title = "One & only", .content = html_element("p", "text")},
                   {.id = "two", .title = "Two"}});
  EXPECT_TRUE(
      page.starts_with("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"));
  EXPECT_TRUE(page.ends_with("</body></html>\n"));
  for (const char* part :
       {"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        "<title>a &lt;title&gt;</title>", "<h1>a &lt;title&gt;</h1><p>lead</p>",
        "<li><a href=\"#one\">One &amp; only</a></li><li><a href=\"#two\">Two</a></li>",
        "<section id=\"one\" aria-labelledby=\"one-title\"><h2 id=\"one-title\">One &amp; "
        "only</h2><p>text</p></section>",
        "prefers-color-scheme: dark"}) {
    EXPECT_NE(page.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(page.find("http"), std::string::npos);
  EXPECT_EQ(page.find("<script"), std::string::npos);
}

}  // namespace
}  // namespace spvae
