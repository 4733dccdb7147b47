#include "spvae/query/paired_difference.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace spvae {
namespace {

TEST(PairedDifference, IsThatOfTheClosedForm) {
  const std::vector<double> a = {1, 2, 6, 99};
  const std::vector<double> b = {0, 2, 1};
  const PairedDifference pair = paired_difference(a, b);
  EXPECT_EQ(pair.images, 3);
  EXPECT_DOUBLE_EQ(pair.mean, 2);
  // Differences 1, 0, 5: variance (1 + 4 + 9) / 2, of the mean a third of that.
  EXPECT_DOUBLE_EQ(pair.standard_error, std::sqrt(7.0 / 3.0));
}

}  // namespace
}  // namespace spvae
