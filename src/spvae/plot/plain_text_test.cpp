#include "spvae/plot/text.h"

#include <gtest/gtest.h>

namespace spvae::plot {
namespace {

TEST(PlainText, KeepsUtf8) {
  for (const char* text : {"", "plain", "−10⁶ × µ", "log p(x) ≥ ℒ", "😀", "\uFFFD"}) {
    EXPECT_EQ(plain_text(text), text);
  }
}

TEST(PlainText, IsOneLine) { EXPECT_EQ(plain_text("a\nb\tc\r\x7f"), "a b c  "); }

TEST(PlainText, MarksBytesThatAreNotUtf8) {
  EXPECT_EQ(plain_text("a\x80z"), "a?z");             // no start
  EXPECT_EQ(plain_text("\xC0\xAF"), "??");            // too long a form
  EXPECT_EQ(plain_text("\xE0\x80\xAF"), "???");       // likewise
  EXPECT_EQ(plain_text("\xED\xA0\x80"), "???");       // a surrogate
  EXPECT_EQ(plain_text("\xF4\x90\x80\x80"), "????");  // beyond U+10FFFF
  EXPECT_EQ(plain_text("\xF0\x8F\xBF\xBF"), "????");  // too long a form
  EXPECT_EQ(plain_text("\xE2\x88"), "??");            // cut off
  EXPECT_EQ(plain_text("\xE2\x88z"), "??z");          // broken off
  EXPECT_EQ(plain_text("\xFF\xFE"), "??");
}

}  // namespace
}  // namespace spvae::plot
