#include "spvae/data/permutation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

namespace spvae {
namespace {

TEST(Permutation, HoldsEachNumberOnce) {
  for (const std::uint32_t count : {0u, 1u, 2u, 31u, 1000u}) {
    auto order = random_permutation({.seed = 3, .purpose = Purpose::kSplit}, count);
    std::vector<std::uint32_t> expected(count);
    std::iota(expected.begin(), expected.end(), 0u);
    if (count == 1000) {
      EXPECT_NE(order, expected);
    }
    std::ranges::sort(order);
    EXPECT_EQ(order, expected);
  }
}

TEST(Permutation, FollowsItsDocumentedSwaps) {
  const RandomAddress address{.seed = 11, .step = 4, .purpose = Purpose::kShuffle};
  std::vector<std::uint32_t> expected = {0, 1, 2, 3};
  std::swap(expected[3], expected[random_below(address, 3, 4)]);
  std::swap(expected[2], expected[random_below(address, 2, 3)]);
  std::swap(expected[1], expected[random_below(address, 1, 2)]);
  EXPECT_EQ(random_permutation(address, 4), expected);
}

TEST(Permutation, EveryOrderIsAboutEquallyFrequent) {
  constexpr int kDraws = 24000;
  std::map<std::vector<std::uint32_t>, int> frequency;
  for (std::uint32_t step = 0; step < kDraws; ++step) {
    ++frequency[random_permutation({.step = step, .purpose = Purpose::kShuffle}, 4)];
  }
  ASSERT_EQ(frequency.size(), 24u);
  double chi_square = 0;
  for (const auto& [order, count] : frequency) chi_square += (count - 1000.0) * (count - 1000.0);
  EXPECT_LT(chi_square / 1000.0, 49.7);  // 23 degrees of freedom, level 0.001
}

}  // namespace
}  // namespace spvae
