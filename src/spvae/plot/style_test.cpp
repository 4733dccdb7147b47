#include "spvae/plot/style.h"

#include <gtest/gtest.h>

#include <set>
#include <tuple>

namespace spvae::plot {
namespace {

TEST(SeriesStyle, DiffersWithoutColourInThirtyFiveSeries) {
  std::set<std::tuple<Marker, const double*>> styles;
  for (int i = 0; i < 35; ++i) {
    const SeriesStyle style = series_style(i);
    styles.insert({style.marker, style.dashes.data()});
  }
  EXPECT_EQ(styles.size(), 35U);
  EXPECT_TRUE(series_style(0).dashes.empty());
}

TEST(Viridis, BecomesLighterSteadily) {
  double last = -1.0;
  for (int i = 0; i <= 100; ++i) {
    const Colour colour = viridis(i / 100.0);
    const double light = 0.2126 * colour.red + 0.7152 * colour.green + 0.0722 * colour.blue;
    EXPECT_GT(light, last) << i;
    last = light;
  }
}

TEST(Viridis, HasItsKnownEnds) {
  EXPECT_EQ(viridis(0.0), (Colour{0x44 / 255.0, 0x01 / 255.0, 0x54 / 255.0}));
  EXPECT_EQ(viridis(1.0), (Colour{0xFD / 255.0, 0xE7 / 255.0, 0x25 / 255.0}));
  EXPECT_EQ(viridis(-1.0), viridis(0.0));
  EXPECT_EQ(viridis(2.0), viridis(1.0));
}

TEST(TextColour, IsTheOneOfMoreContrast) {
  EXPECT_EQ(text_colour(kBlack), kWhite);
  EXPECT_EQ(text_colour(kWhite), kBlack);
  EXPECT_EQ(text_colour({0.45, 0.45, 0.45}), kWhite);  // luminances 0.171 and 0.188 about 0.179
  EXPECT_EQ(text_colour({0.47, 0.47, 0.47}), kBlack);
}

}  // namespace
}  // namespace spvae::plot
