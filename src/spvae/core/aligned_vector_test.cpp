#include "spvae/core/aligned_vector.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace spvae {
namespace {

TEST(AlignedVector, BeginsOnACacheLineWhateverItsSize) {
  for (std::size_t size = 1; size < 200; ++size) {
    const AlignedVector<float> vector(size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(vector.data()) % 64, 0u) << "size " << size;
  }
}

TEST(AlignedVector, CopiesAndMovesLikeAVector) {
  AlignedVector<float> vector{1.0f, 2.0f, 3.0f};
  const AlignedVector<float> copy = vector;
  const AlignedVector<float> moved = std::move(vector);
  EXPECT_EQ(copy, moved);
}

}  // namespace
}  // namespace spvae
