#include "spvae/data/shuffle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "spvae/data/permutation.h"

namespace spvae {
namespace {

using Rows = std::vector<std::uint32_t>;

Rows copy(std::span<const std::uint32_t> rows) { return {rows.begin(), rows.end()}; }

/// The first `steps` batches laid end to end.
Rows first_steps(Shuffle& shuffle, std::uint64_t steps) {
  Rows all;
  for (std::uint64_t step = 0; step < steps; ++step) {
    const auto rows = shuffle.rows(step);
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

TEST(Shuffle, BatchesAreFullAndEachEpochIsItsPermutation) {
  // Batches that divide the epoch, cross its border, are as long as it, and hold several epochs.
  for (const auto& [count, batch] :
       {std::pair{12u, 4u}, {10u, 4u}, {7u, 7u}, {5u, 13u}, {1u, 3u}}) {
    Shuffle shuffle(count, batch, 9);
    EXPECT_EQ(shuffle.rows(0).size(), batch);
    const Rows all = first_steps(shuffle, 3 * count);
    ASSERT_EQ(all.size(), 3 * count * batch);
    for (std::uint32_t epoch = 0; epoch < 3 * batch; ++epoch) {
      const auto begin = all.begin() + static_cast<std::ptrdiff_t>(epoch * count);
      EXPECT_EQ(
          Rows(begin, begin + count),
          random_permutation({.seed = 9, .step = epoch, .purpose = Purpose::kShuffle}, count));
    }
  }
}

TEST(Shuffle, EpochsAndSeedsDiffer) {
  Shuffle shuffle(1000, 1000, 1);
  Shuffle other(1000, 1000, 2);
  EXPECT_NE(copy(shuffle.rows(0)), copy(shuffle.rows(1)));
  EXPECT_NE(copy(shuffle.rows(0)), copy(other.rows(0)));
}

TEST(Shuffle, AnyStepIsTheSameAsInOrder) {
  constexpr std::uint32_t kBatch = 8;
  Shuffle in_order(30, kBatch, 5);
  const Rows all = first_steps(in_order, 20);
  Shuffle resumed(30, kBatch, 5);
  for (const std::uint64_t step : {19u, 3u, 4u, 0u, 15u, 7u, 11u, 11u}) {
    const auto begin = all.begin() + static_cast<std::ptrdiff_t>(step * kBatch);
    EXPECT_EQ(copy(resumed.rows(step)), Rows(begin, begin + kBatch)) << "step " << step;
  }
}

}  // namespace
}  // namespace spvae
