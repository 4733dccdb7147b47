#include "spvae/query/effective_samples.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace spvae {
namespace {

using Values = std::vector<double>;

TEST(EffectiveSamples, AreThoseOfTheWorstRegion) {
  // Averaged over leaves they would be 671.
  EXPECT_DOUBLE_EQ(effective_samples(Values{0.001, 0.001, 0.5}, Values{1, 1, 1}, 1), 2);
}

TEST(EffectiveSamples, CountALeafAsMuchAsItsRegionHangsOnIt) {
  const Values concentrations = {0.001, 0.05};
  EXPECT_DOUBLE_EQ(effective_samples(concentrations, Values{1, 0}, 2), 1000);
  EXPECT_DOUBLE_EQ(effective_samples(concentrations, Values{0, 1}, 2), 20);
  EXPECT_NEAR(effective_samples(concentrations, Values{0.9, 0.1}, 2), 170, 1);
}

TEST(EffectiveSamples, CountALeafThatFailedWhateverItsResponsibility) {
  EXPECT_DOUBLE_EQ(effective_samples(Values{0.001, 0.5}, Values{1, 0}, 2), 2);
}

TEST(EffectiveSamples, AreNoMoreOfARegionWithManyEqualLeaves) {
  EXPECT_DOUBLE_EQ(effective_samples(Values(64, 0.25), Values(64, 1.0 / 64), 64), 4);
}

TEST(EffectiveSamples, LeaveOutWhatNeedsNone) {
  EXPECT_DOUBLE_EQ(effective_samples(Values{0, 0, 0.1, 0.1}, Values{0.5, 0.5, 0.5, 0.5}, 2), 10);
  EXPECT_TRUE(std::isinf(effective_samples(Values{0, 0}, Values{0.5, 0.5}, 2)));
}

TEST(EffectiveSamples, AreFewBelowTenOrTheRootOfTheSamples) {
  EXPECT_DOUBLE_EQ(few_effective_samples(1), 10);
  EXPECT_DOUBLE_EQ(few_effective_samples(100), 10);
  EXPECT_DOUBLE_EQ(few_effective_samples(2500), 50);
}

}  // namespace
}  // namespace spvae
