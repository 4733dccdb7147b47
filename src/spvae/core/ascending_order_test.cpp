#include "spvae/core/ascending_order.h"

#include <gmock/gmock.h>

namespace spvae {
namespace {

TEST(AscendingOrder, HasTheSmallestFirstAndEqualOnesAsTheyStand) {
  EXPECT_THAT(ascending_order(std::vector{3.0, -1.0, 3.0, -2.0, -1.0}),
              ::testing::ElementsAre(3, 1, 4, 0, 2));
  EXPECT_TRUE(ascending_order({}).empty());
}

}  // namespace
}  // namespace spvae
