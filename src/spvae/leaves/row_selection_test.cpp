#include "spvae/leaves/row_selection.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "spvae/core/random.h"

namespace spvae {
namespace {

using kernels::kTile;

constexpr float kNegligible = 1e-3f;

// What is selected, by (image, sample); a row that is selected twice fails.
std::map<std::pair<int, int>, float> selected(const RowSelection& rows) {
  std::map<std::pair<int, int>, float> found;
  const auto add = [&](int slot, int sample, float gradient) {
    const int image = rows.active()[static_cast<std::size_t>(slot)];
    EXPECT_TRUE(found.insert({{image, sample}, gradient}).second);
  };
  for (int tile = 0; tile < rows.tiles(); ++tile) {
    if (rows.is_direct(tile)) {
      const RowSelection::DirectTile& direct = rows.direct(tile);
      for (int lane = 0; lane < kTile; ++lane) {
        const float gradient = direct.gradient[static_cast<std::size_t>(lane)];
        if (gradient != 0) add(direct.tile * kTile + lane, direct.sample, gradient);
      }
    } else {
      for (const RowSelection::Row& row : rows.gathered(tile)) {
        add(row.slot, row.sample, row.gradient);
      }
    }
  }
  return found;
}

// Row gradients of which a share vanishes; images from `size` on hold what must not be looked at.
std::vector<float> gradients(int size, int stride, int samples, double vanishing) {
  std::vector<float> result(static_cast<std::size_t>(samples * stride), 1e30f);
  for (int s = 0; s < samples; ++s) {
    for (int b = 0; b < size; ++b) {
      const RandomAddress address{.seed = 1, .image = static_cast<std::uint32_t>(b)};
      const double u = random_uniform(address, static_cast<std::uint32_t>(2 * s));
      const double v = random_uniform(address, static_cast<std::uint32_t>(2 * s + 1));
      result[static_cast<std::size_t>(s * stride + b)] =
          static_cast<float>(v < vanishing ? 1e-5 * u : (v < 0.5 ? -1 : 1) * (0.5 + 0.5 * u));
    }
  }
  return result;
}

TEST(RowSelection, HasEveryRowThatMattersOnceAndNoOther) {
  RowSelection rows;
  for (const double vanishing : {0.0, 0.02, 0.3, 0.99}) {
    for (const int size : {1, 31, 32, 33, 70, 128}) {
      const int stride = (size + kTile - 1) / kTile * kTile;
      const int samples = 5;
      const std::vector<float> gradient = gradients(size, stride, samples, vanishing);
      std::map<std::pair<int, int>, float> expected;
      for (int s = 0; s < samples; ++s) {
        for (int b = 0; b < size; ++b) {
          const float g = gradient[static_cast<std::size_t>(s * stride + b)];
          if (std::abs(g) > 0.1f) expected[{b, s}] = g;
        }
      }
      rows.select(gradient, size, stride, samples, kNegligible);
      // A single image may be nothing but rows of the same small size: then all of them matter.
      if (expected.empty()) continue;
      EXPECT_EQ(selected(rows), expected) << vanishing << ", " << size;
    }
  }
}

TEST(RowSelection, TakesFullTilesAsTheyStandAndGathersTheRest) {
  RowSelection rows;
  rows.select(gradients(70, 96, 3, 0.0), 70, 96, 3, kNegligible);
  EXPECT_EQ(rows.active_tiles(), 3);
  // Two full tiles for each of three samples; 3 · 6 rows of the last tile in one.
  EXPECT_EQ(rows.tiles(), 7);
  for (int tile = 0; tile < 6; ++tile) EXPECT_TRUE(rows.is_direct(tile));
  EXPECT_FALSE(rows.is_direct(6));
  EXPECT_EQ(rows.gathered(6).size(), 18U);
}

TEST(RowSelection, TakesNoTileAsItStandsThatHasARowOfWeightZero) {
  RowSelection rows;
  std::vector<float> gradient = gradients(32, 32, 2, 0.0);
  gradient[3] = 1e-6f;
  rows.select(gradient, 32, 32, 2, kNegligible);
  ASSERT_EQ(rows.tiles(), 2);
  EXPECT_TRUE(rows.is_direct(0) && rows.is_direct(1));
  gradient[3] = 0.0f;
  rows.select(gradient, 32, 32, 2, kNegligible);
  ASSERT_EQ(rows.tiles(), 2);
  EXPECT_EQ(rows.direct(0).sample, 1);
  ASSERT_FALSE(rows.is_direct(1));
  EXPECT_EQ(rows.gathered(1).size(), 31U);
}

TEST(RowSelection, LeavesOutNoneWhereTheShareIsNegative) {
  RowSelection rows;
  std::vector<float> gradient(static_cast<std::size_t>(3 * 96));
  gradient[5] = 1.0f;
  rows.select(gradient, 70, 96, 3, -1.0f);
  EXPECT_EQ(rows.active().size(), 70U);
  ASSERT_EQ(rows.tiles(), 7);
  EXPECT_EQ(rows.gathered(6).size(), 18U);
}

TEST(RowSelection, IsEmptyWhereNoRowHasAGradient) {
  RowSelection rows;
  rows.select(gradients(40, 64, 2, 0.0), 40, 64, 2, kNegligible);
  rows.select(std::vector<float>(128), 40, 64, 2, kNegligible);
  EXPECT_TRUE(rows.active().empty());
  EXPECT_EQ(rows.tiles(), 0);
}

}  // namespace
}  // namespace spvae
