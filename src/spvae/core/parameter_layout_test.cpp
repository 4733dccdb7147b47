#include "spvae/core/parameter_layout.h"

#include <gtest/gtest.h>

namespace spvae {
namespace {

TEST(ParameterLayout, PlacesTensorsOneAfterAnother) {
  ParameterLayout layout;
  EXPECT_EQ(layout.size(), 0u);
  EXPECT_EQ(layout.add("matrix", {3, 5}), 0u);
  EXPECT_EQ(layout.add("scalar", {}), 15u);
  EXPECT_EQ(layout.add("stack", {2, 3, 4}), 16u);
  EXPECT_EQ(layout.size(), 40u);

  std::size_t offset = 0;
  for (const Tensor& tensor : layout.tensors()) {
    EXPECT_EQ(tensor.offset, offset) << tensor.name;
    offset += tensor.size;
  }
  EXPECT_EQ(offset, layout.size());
}

TEST(ParameterLayout, FindsATensorByItsName) {
  ParameterLayout layout;
  layout.add("a", {7});
  layout.add("ab", {2, 3});
  const Tensor& tensor = layout.find("ab");
  EXPECT_EQ(tensor.name, "ab");
  EXPECT_EQ(tensor.shape, (std::vector<std::size_t>{2, 3}));
  EXPECT_EQ(tensor.offset, 7u);
  EXPECT_EQ(tensor.size, 6u);
}

#ifndef NDEBUG
TEST(ParameterLayoutDeathTest, TakesAnOldOrUnknownNameForABug) {
  ParameterLayout layout;
  layout.add("a", {1});
  EXPECT_DEATH(layout.add("a", {1}), "find");
  EXPECT_DEATH(layout.find("b"), "found");
}
#endif

}  // namespace
}  // namespace spvae
