#include "spvae/core/sample_statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace spvae {
namespace {

TEST(SampleStatistics, AreThoseOfTheClosedForm) {
  const std::vector<double> values = {-10, -14, -12, -16};
  const SampleStatistics statistics = sample_statistics(values);
  EXPECT_EQ(statistics.count, 4);
  EXPECT_DOUBLE_EQ(statistics.mean, -13);
  EXPECT_DOUBLE_EQ(statistics.standard_deviation, std::sqrt((9 + 1 + 1 + 9) / 3.0));
  EXPECT_DOUBLE_EQ(statistics.standard_error, std::sqrt((9 + 1 + 1 + 9) / 3.0 / 4));
}

TEST(SampleStatistics, OfOneValueSayNothingOfTheSpread) {
  const std::vector<double> values = {5};
  const SampleStatistics statistics = sample_statistics(values);
  EXPECT_EQ(statistics.mean, 5);
  EXPECT_TRUE(std::isnan(statistics.standard_deviation));
  EXPECT_TRUE(std::isnan(statistics.standard_error));
}

}  // namespace
}  // namespace spvae
