#include "spvae/plot/text_lines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace spvae::plot {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using ::testing::StartsWith;

class TextLines : public ::testing::Test {
 protected:
  double width(std::string_view text) const { return canvas_.text_width(text, kLabelText); }

  Canvas canvas_{PlotFormat::kPng, {1.0, 1.0}};
};

TEST_F(TextLines, AreAsLongInBothFormatsAndAtAnySize) {
  const Canvas svg(PlotFormat::kSvg, {1.0, 1.0});
  for (const char* text : {"log-likelihood / nats", "−1,234.5", "10⁻³"}) {
    EXPECT_NEAR(svg.text_width(text, 10.0), width(text), 1e-6);
    EXPECT_NEAR(svg.text_width(text, 20.0), 2 * width(text), 1e-6);
  }
}

TEST_F(TextLines, AreShortenedToTheWidth) {
  const std::string text = "naïve – a long name";
  EXPECT_EQ(shortened(canvas_, text, kLabelText, width(text)), text);
  for (double most = width(text) - 0.1; most > width("…"); most -= 1.7) {
    const std::string less = shortened(canvas_, text, kLabelText, most);
    EXPECT_THAT(less, EndsWith("…"));
    EXPECT_LE(width(less), most);
  }
  EXPECT_EQ(shortened(canvas_, text, kLabelText, 0.0), "…");
}

TEST_F(TextLines, AreDividedAtSpaces) {
  EXPECT_THAT(wrapped(canvas_, "one two three", kLabelText, width("one two "), 3),
              ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped(canvas_, "one two three", kLabelText, 1000.0, 3),
              ElementsAre("one two three"));
  EXPECT_THAT(wrapped(canvas_, "one two three", kLabelText, width("one t…"), 2),
              ElementsAre("one", StartsWith("two")));
  EXPECT_THAT(wrapped(canvas_, "", kLabelText, 100.0, 3), IsEmpty());
}

TEST_F(TextLines, AreNoMoreThanAskedAndNoWider) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "word" + std::string(i % 50, 'x') + " ";
  const std::vector<std::string> lines = wrapped(canvas_, text, kLabelText, 80.0, 3);
  EXPECT_EQ(lines.size(), 3U);
  EXPECT_LE(widest(canvas_, lines, kLabelText), 80.0);
  EXPECT_THAT(lines.back(), EndsWith("…"));
}

}  // namespace
}  // namespace spvae::plot
