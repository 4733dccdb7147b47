// The circuit on every SIMD target of this machine, against its double twin.
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "spvae/circuit/circuit.h"
#include "spvae/circuit/circuit_test_support.h"
#include "spvae/kernels/kernels.h"
#include "spvae/reference/circuit_reference.h"
#include "spvae/structure/poon_domingos.h"

namespace spvae {
namespace {

using circuit_test::Passes;
using circuit_test::random_logits;
using circuit_test::random_values;

class CircuitOnTarget : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override { ASSERT_TRUE(kernels::force_target(GetParam())); }
  void TearDown() override { kernels::force_target(nullptr); }
};

using Case = std::tuple<int, int, int, int, int, double, double>;

void expect_twin(const std::vector<Case>& cases, Product product) {
  for (const auto& [height, width, k_sum, k_leaf, size, logit_spread, value_spread] : cases) {
    const RegionGraph graph = poon_domingos(height, width, 1);
    const Circuit circuit(graph, k_sum, k_leaf, product);
    const int stride = (size + 31) / 32 * 32;
    const auto logits = random_logits(circuit.sum_weights(), 21, logit_spread);
    const auto values = random_values(circuit, stride, 21, value_spread);
    const Passes run(circuit, logits, values, stride, size);

    const std::vector<double> double_logits(logits.begin(), logits.end());
    std::vector<double> grad(logits.size(), 0.0);
    std::vector<double> grad_magnitude(logits.size(), 0.0);
    std::vector<double> image(index(circuit.leaves()));
    for (int lane = 0; lane < size; ++lane) {
      for (std::size_t leaf = 0; leaf < image.size(); ++leaf) {
        image[leaf] = values[leaf * index(stride) + index(lane)];
      }
      const auto twin = circuit_reference(graph, k_sum, k_leaf, double_logits, image, product);
      ASSERT_EQ(twin.log_weights.size(), circuit.sum_weights());
      // Rounding of sums of values of this size; absolute errors of log values are relative ones
      // of responsibilities.
      const double tolerance = 1e-14 * (100 + 10 * value_spread * circuit.nodes());
      for (std::size_t node = 0; node < twin.values.size(); ++node) {
        ASSERT_NEAR(circuit.log_value(run.trace, static_cast<int>(node), lane), twin.values[node],
                    tolerance);
      }
      for (std::size_t leaf = 0; leaf < image.size(); ++leaf) {
        ASSERT_NEAR(run.responsibilities[leaf * index(stride) + index(lane)],
                    twin.responsibilities[leaf], tolerance);
      }
      for (std::size_t j = 0; j < grad.size(); ++j) {
        grad[j] += twin.grad_logits[j];
        grad_magnitude[j] += std::abs(twin.grad_logits[j]);
      }
      if (lane > 0) continue;
      for (std::size_t j = 0; j < grad.size(); ++j) {
        ASSERT_NEAR(run.trace.log_weights[j], twin.log_weights[j], 1e-12);
      }
    }
    for (std::size_t j = 0; j < grad.size(); ++j) {
      ASSERT_NEAR(run.grad_logits[j], grad[j], 1e-7 * grad_magnitude[j] + 1e-9);
    }
  }
}

TEST_P(CircuitOnTarget, AgreesWithTheDoubleTwin) {
  expect_twin({{4, 4, 2, 2, 33, 1, 20},
               {4, 4, 2, 2, 32, 5, 1e3},
               {3, 2, 1, 1, 1, 1, 1},
               {2, 3, 3, 4, 3, 1, 5},
               {3, 3, 4, 3, 7, 10, 50},
               {2, 4, 7, 5, 31, 1, 1e4},
               {1, 2, 9, 6, 17, 1, 2}},
              Product::kCross);
}

TEST_P(CircuitOnTarget, AgreesWithTheDoubleTwinOnElementwiseProducts) {
  expect_twin({{4, 4, 2, 2, 33, 1, 20},
               {4, 4, 7, 2, 40, 5, 1e3},
               {3, 2, 1, 1, 1, 1, 1},
               {2, 3, 33, 4, 3, 1, 5},
               {3, 3, 4, 33, 7, 10, 50},
               {2, 4, 8, 17, 31, 1, 100},
               {1, 2, 100, 70, 65, 1, 2}},
              Product::kElementwise);
}

TEST_P(CircuitOnTarget, SharesItsBitsWithEveryOtherTargetThatHasFusedMultiplyAdd) {
  if (!kernels::table().fused_multiply_add) GTEST_SKIP() << "multiplies and adds round twice";
  using Setting = std::pair<Product, int>;
  for (const auto& [product, k] :
       {Setting{Product::kCross, 2}, Setting{Product::kCross, 3}, Setting{Product::kCross, 5},
        Setting{Product::kElementwise, 1}, Setting{Product::kElementwise, 7},
        Setting{Product::kElementwise, 33}}) {
    const Circuit circuit(poon_domingos(4, 4, 1), k, k, product);
    const auto logits = random_logits(circuit.sum_weights(), 22);
    const auto values = random_values(circuit, 96, 22, 30);
    ASSERT_TRUE(kernels::force_target(nullptr));
    const Passes best(circuit, logits, values, 96, 75);
    ASSERT_TRUE(kernels::force_target(GetParam()));
    const Passes run(circuit, logits, values, 96, 75);
    EXPECT_EQ(run.trace.log_weights, best.trace.log_weights);
    EXPECT_EQ(run.trace.values, best.trace.values);
    EXPECT_EQ(run.trace.sums, best.trace.sums);
    EXPECT_EQ(run.responsibilities, best.responsibilities);
    EXPECT_EQ(run.grad_logits, best.grad_logits);
  }
}

INSTANTIATE_TEST_SUITE_P(Simd, CircuitOnTarget, testing::ValuesIn(kernels::supported_targets()),
                         [](const auto& instance) { return std::string(instance.param); });

}  // namespace
}  // namespace spvae
