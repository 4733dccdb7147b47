#include "spvae/core/random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "spvae/kernels/kernels.h"
#include "spvae/simd/math_error.h"

namespace spvae::kernels {
namespace {

std::vector<float> normals(std::uint32_t image, std::size_t count) {
  std::vector<float> out(count);
  table().normals({12, 34, static_cast<std::uint32_t>(Purpose::kPixelNoise)}, image, 5, 6, count,
                  out.data());
  return out;
}

class KernelRandom : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_TRUE(force_target(GetParam())); }
  void TearDown() override { force_target(nullptr); }
};

INSTANTIATE_TEST_SUITE_P(Simd, KernelRandom, testing::ValuesIn(supported_targets()),
                         [](const auto& test) { return std::string(test.param); });

TEST_P(KernelRandom, NormalsAreThoseOfTheAddressAtEveryLength) {
  for (const std::size_t count : {1u, 3u, 4u, 5u, 31u, 64u, 65u, 784u, 5000u}) {
    const auto out = normals(7, count);
    for (std::size_t i = 0; i < count; ++i) {
      const RandomAddress address{12, 34, Purpose::kPixelNoise, 7, 5, 6};
      ASSERT_NEAR(out[i], random_normal(address, static_cast<std::uint32_t>(i)), kNormalError)
          << i << " of " << count;
    }
  }
}

TEST(KernelRandomBits, AreTheSameOnEveryTargetWithFusedMultiplyAdd) {
  std::vector<float> first;
  for (const char* target : supported_targets()) {
    ASSERT_TRUE(force_target(target));
    if (!table().fused_multiply_add) continue;
    const auto out = normals(3, 100000);
    if (first.empty()) first = out;
    EXPECT_EQ(std::memcmp(first.data(), out.data(), out.size() * sizeof(float)), 0) << target;
  }
  force_target(nullptr);
}

}  // namespace
}  // namespace spvae::kernels
