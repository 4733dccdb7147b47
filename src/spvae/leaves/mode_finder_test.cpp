#include "spvae/leaves/mode_finder.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace spvae {
namespace {

using kernels::kTile;

// A normal density of two variables in every lane, lane l's around (l, −l) with this precision.
constexpr double kPrecision[2][2] = {{400, -30}, {-30, 4}};

void log_normal(std::span<const float> z, std::span<double> value, std::span<float> gradient) {
  for (std::size_t lane = 0; lane < kTile; ++lane) {
    const double u[2] = {z[lane] - static_cast<double>(lane),
                         z[kTile + lane] + static_cast<double>(lane)};
    value[lane] = 0;
    for (std::size_t i = 0; i < 2; ++i) {
      const double slope = kPrecision[i][0] * u[0] + kPrecision[i][1] * u[1];
      value[lane] -= 0.5 * u[i] * slope;
      gradient[i * kTile + lane] = static_cast<float>(-slope);
    }
  }
}

TEST(ModeFinder, FindsModeAndCurvatureOfANormalDensity) {
  ModeFinder finder(2);
  const std::vector<float> start(2 * kTile, 0.5f);
  const std::vector<float> scale(2 * kTile, 0.3f);
  finder.find(log_normal, start, scale);
  std::vector<double> value(kTile);
  std::vector<float> gradient(2 * kTile);
  log_normal(finder.mode(), value, gradient);
  for (int lane = 0; lane < kTile; ++lane) {
    ASSERT_TRUE(finder.is_found(lane));
    // 0.02 nats below the mode's 0 no step is worth its while.
    EXPECT_GT(value[static_cast<std::size_t>(lane)], -0.02);
    const auto l = finder.factor(lane);
    EXPECT_NEAR(l[0] * l[0], 400, 0.5);
    EXPECT_NEAR(l[0] * l[1], -30, 0.1);
    EXPECT_NEAR(l[1] * l[1] + l[2] * l[2], 4, 0.1);
  }
}

// log f = −log(1 + (z/w)²), w = (lane + 1)/kTile, whose curvature is negative beyond w: Newton's
// step goes the wrong way there.
void log_cauchy(std::span<const float> z, std::span<double> value, std::span<float> gradient) {
  for (std::size_t lane = 0; lane < kTile; ++lane) {
    const double width = (static_cast<double>(lane) + 1) / kTile;
    const double u = static_cast<double>(z[lane]) / width;
    value[lane] = -std::log1p(u * u);
    gradient[lane] = static_cast<float>(-2 * u / (1 + u * u) / width);
  }
}

TEST(ModeFinder, ClimbsWhereTheCurvatureIsNegative) {
  ModeFinder finder(1);
  std::vector<float> start;
  for (int lane = 0; lane < kTile; ++lane)
    start.push_back(3.0f * static_cast<float>(lane + 1) / kTile);
  finder.find(log_cauchy, start, std::vector<float>(kTile, 1.0f));
  for (int lane = 0; lane < kTile; ++lane) {
    const double width = (lane + 1.0) / kTile;
    ASSERT_TRUE(finder.is_found(lane));
    EXPECT_NEAR(finder.mode()[static_cast<std::size_t>(lane)], 0, 0.15 * width) << lane;
    EXPECT_NEAR(finder.factor(lane)[0], std::sqrt(2) / width, 0.05 * std::sqrt(2) / width) << lane;
  }
}

TEST(ModeFinder, GivesALaneWhateverItsNeighboursAre) {
  ModeFinder alone(2);
  ModeFinder among(2);
  std::vector<float> start(2 * kTile, 0.25f);
  const std::vector<float> scale(2 * kTile, 0.1f);
  alone.find(log_normal, start, scale);
  for (std::size_t lane = 1; lane < kTile; ++lane) start[lane] = 100.0f * static_cast<float>(lane);
  start[5] = std::numeric_limits<float>::quiet_NaN();
  among.find(log_normal, start, scale);
  EXPECT_FALSE(among.is_found(5));
  EXPECT_TRUE(among.is_found(6));
  EXPECT_EQ(among.mode()[0], alone.mode()[0]);
  EXPECT_EQ(among.mode()[kTile], alone.mode()[kTile]);
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(among.factor(0)[i], alone.factor(0)[i]);
}

}  // namespace
}  // namespace spvae
