#include "spvae/leaves/laplace_proposals.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "spvae/kernels/kernels.h"

namespace spvae {
namespace {

using kernels::kTile;

constexpr int kLane = 3;
const std::vector<float> kMode = {0.5f, -2.0f};
const std::vector<double> kFactor = {2.0, -0.6, 0.5};  // L, row by row

LaplaceProposals one_known() {
  LaplaceProposals proposals;
  proposals.reset(2, 1, 2, 2 * kTile);
  proposals.add(1, kTile + kLane, kMode, -3, kFactor);
  return proposals;
}

RandomAddress row(std::uint32_t image, std::uint32_t sample) {
  return {.seed = 4, .purpose = Purpose::kEvaluation, .image = image, .leaf = 1, .sample = sample};
}

// Another mode, of as much evidence.
LaplaceProposals two_known() {
  LaplaceProposals proposals;
  proposals.reset(2, 3, 2, 2 * kTile);
  proposals.add(1, kTile + kLane, kMode, -3, kFactor);
  proposals.add(1, kTile + kLane, {{0.55f, -2.1f}}, -3.1, kFactor);  // the same mode
  proposals.add(1, kTile + kLane, {{2.5f, 1.0f}}, -3, kFactor);
  return proposals;
}

TEST(LaplaceProposals, DivideSamplesAmongModesByTheirEvidence) {
  const LaplaceProposals proposals = two_known();
  ASSERT_EQ(proposals.modes(1, kTile + kLane), 2);
  EXPECT_NEAR(proposals.log_share(1, 0, kTile + kLane), std::log(0.5), 1e-9);
  LaplaceProposals uneven = proposals;
  uneven.add(1, kTile + kLane, {{-4.0f, 3.0f}}, -50, kFactor);
  EXPECT_NEAR(uneven.log_share(1, 2, kTile + kLane), std::log(0.05 / 2.05), 1e-9);
  int first = 0;
  for (std::uint32_t s = 0; s < 100; ++s) {
    std::vector<float> z(2);
    proposals.draw(1, kTile + kLane, row(9, 2 * s), z);
    // Nearer to the first mode by the line between the two.
    first += 2 * (z[0] - 1.5f) + 3 * (z[1] + 0.5f) < 0 ? 1 : 0;
  }
  EXPECT_NEAR(first, 50, 15);
}

// A narrow mode within the reach of a broad one is a mode of its own, whichever is found first.
TEST(LaplaceProposals, KnowAModeAgainByBothCurvatures) {
  const std::vector<double> narrow = {40.0, 0.0, 40.0};
  const std::vector<double> broad = {1.0, 0.0, 1.0};
  const std::vector<float> near = {0.7f, -2.1f};
  for (const bool narrow_first : {true, false}) {
    LaplaceProposals proposals;
    proposals.reset(1, 3, 2, kTile);
    proposals.add(0, kLane, kMode, -3, narrow_first ? narrow : broad);
    proposals.add(0, kLane, near, -3, narrow_first ? broad : narrow);
    EXPECT_EQ(proposals.modes(0, kLane), 2);
    proposals.add(0, kLane, near, -3, narrow_first ? broad : narrow);
    EXPECT_EQ(proposals.modes(0, kLane), 2);
  }
}

// By the trapezoidal rule on a grid out to where Student's t of ten degrees has 1e-6 of its mass.
void expect_a_density(const LaplaceProposals& proposals) {
  AlignedVector<float> codes(2 * kTile);
  std::vector<float> work(2 * kTile);
  std::vector<float> density(kTile);
  constexpr double kStep = 0.1;
  double integral = 0;
  for (int i = -90; i <= 90; ++i) {
    for (int j = -320; j <= 320; ++j) {
      codes[kLane] = kMode[0] + static_cast<float>(kStep * i);
      codes[kTile + kLane] = kMode[1] + static_cast<float>(kStep * j);
      proposals.log_density(1, kTile, codes.data(), work, density);
      integral += std::exp(static_cast<double>(density[kLane])) * kStep * kStep;
    }
  }
  EXPECT_NEAR(integral / (2 * std::numbers::pi), 0.5, 1e-3);
  EXPECT_EQ(proposals.share(1, kTile + kLane), 0.5);
  EXPECT_EQ(proposals.share(1, kLane), 0);
  EXPECT_LT(density[kLane + 1], -1e29f);  // not known
}

TEST(LaplaceProposals, HaveADensityWhoseIntegralIsTheirShare) {
  expect_a_density(one_known());
  expect_a_density(two_known());
}

TEST(LaplaceProposals, AreNormalisedAsTheGammaFunctionHasIt) {
  for (const int latent : {1, 2, 7, 16, 25}) {
    EXPECT_NEAR(LaplaceProposals::log_normaliser(latent),
                std::lgamma(5 + 0.5 * latent) - std::lgamma(5) - 0.5 * latent * std::log(5), 1e-10);
  }
}

// Mean, and ν/(ν − 2) times the inflated inverse of the curvature.
TEST(LaplaceProposals, DrawCodesWithTheMomentsOfTheirDensity) {
  const LaplaceProposals proposals = one_known();
  constexpr int kDraws = 40000;
  double first[2] = {};
  double second[2][2] = {};
  for (std::uint32_t s = 0; s < kDraws; ++s) {
    std::vector<float> z(2);
    proposals.draw(1, kTile + kLane, row(9, s), z);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto u = static_cast<double>(z[i] - kMode[i]);
      first[i] += u / kDraws;
      for (std::size_t j = 0; j < 2; ++j) {
        second[i][j] += u * static_cast<double>(z[j] - kMode[j]) / kDraws;
      }
    }
  }
  const double a = kFactor[0] * kFactor[0];
  const double b = kFactor[0] * kFactor[1];
  const double c = kFactor[1] * kFactor[1] + kFactor[2] * kFactor[2];
  const double scale = LaplaceProposals::kInflation * LaplaceProposals::kInflation *
                       LaplaceProposals::kDegrees / (LaplaceProposals::kDegrees - 2.0) /
                       (a * c - b * b);
  const double expected[2][2] = {{c * scale, -b * scale}, {-b * scale, a * scale}};
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_NEAR(first[i], 0, 4 * std::sqrt(expected[i][i] / kDraws));
    for (std::size_t j = 0; j < 2; ++j) {
      EXPECT_NEAR(second[i][j], expected[i][j], 0.04 * std::sqrt(expected[i][i] * expected[j][j]));
    }
  }
}

TEST(LaplaceProposals, ProposeEverySecondSampleOfEachBlock) {
  const LaplaceProposals proposals = one_known();
  int first = 0;
  for (std::uint32_t image = 0; image < 400; ++image) {
    first += proposals.proposes(1, kTile + kLane, row(image, 0)) ? 1 : 0;
    for (std::uint32_t s = 0; s < 64; s += 2) {
      EXPECT_NE(proposals.proposes(1, kTile + kLane, row(image, s)),
                proposals.proposes(1, kTile + kLane, row(image, s + 1)));
      EXPECT_NE(proposals.proposes(1, kTile + kLane, row(image, s)),
                proposals.proposes(1, kTile + kLane, row(image, s + kernels::kBlocks)));
    }
    EXPECT_FALSE(proposals.proposes(1, kLane, row(image, 0)) ||
                 proposals.proposes(1, kLane, row(image, 1)));
  }
  EXPECT_NEAR(first, 200, 4 * 10);
}

}  // namespace
}  // namespace spvae
