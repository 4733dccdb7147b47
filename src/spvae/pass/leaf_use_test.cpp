#include "spvae/pass/leaf_use.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "spvae/model/engine.h"

namespace spvae {
namespace {

/// Four regions of two leaves, and images of noise.
class UseOfASmallModel : public ::testing::Test {
 protected:
  UseOfASmallModel()
      : model_({.height = 4, .width = 4, .delta = 2, .leaf = {.hidden = 5, .latent = 3}}),
        engine_((model_.initialise(1), make_engine(Engine::kFused, model_.leaves(), pool_))) {
    for (std::uint32_t image = 0; image < 300; ++image) {
      images_.indices.push_back(image);
      for (std::uint32_t v = 0; v < 16; ++v) {
        images_.values.push_back(static_cast<float>((v * 7 + image * 13) % 31) / 31);
      }
    }
  }
  LeafUse use(int most = 1000) { return leaf_use(model_, images_, most, 3, {}, *engine_, pool_); }

  ThreadPool pool_{2};
  Spvae model_;
  std::unique_ptr<LeafEngine> engine_;
  ImageSet images_ = {.height = 4, .width = 4, .values = {}, .indices = {}};
};

TEST_F(UseOfASmallModel, CountsLeavesThatNoSumWeighs) {
  // All sums that weigh products of a region's first leaf give them next to nothing.
  std::ranges::fill(model_.parameters().subspan(model_.leaves().parameters_end()), 0.0f);
  const int before = use().unused[2];
  const Circuit& circuit = model_.circuit();
  const int dead = 2 * circuit.k_leaf();
  for (int sum = 0; sum < circuit.sum_nodes(); ++sum) {
    for (int b = 0; b < circuit.branches(sum); ++b) {
      const Circuit::Branch branch = circuit.branch(sum, b);
      if (branch.left != dead && branch.right != dead) continue;
      model_.parameters()[model_.leaves().parameters_end() + circuit.first_weight(sum) +
                          static_cast<std::size_t>(b)] = -100;
    }
  }
  EXPECT_EQ(before, 0);
  const LeafUse after = use();
  EXPECT_EQ(after.unused, (std::vector{0, 0, 1, 0}));
  EXPECT_EQ(after.unused_leaves(), 1);
  EXPECT_EQ(after.leaves(), 8);
  EXPECT_EQ(unused_text(after), "1 of 8 leaves are unused: 1 of 2 of region 2");
}

TEST_F(UseOfASmallModel, HasTheEntropyOfEqualWeights) {
  std::ranges::fill(model_.parameters().subspan(model_.leaves().parameters_end()), 0.0f);
  double expected = 0;
  const Circuit& circuit = model_.circuit();
  for (int sum = 0; sum < circuit.sum_nodes(); ++sum) {
    expected += std::log(circuit.branches(sum)) / circuit.sum_nodes();
  }
  EXPECT_NEAR(use().sum_entropy, expected, 1e-9);
}

TEST_F(UseOfASmallModel, LooksAtNoMoreImagesThanItIsToldTo) {
  // Images beyond the first alone would change responsibilities.
  const LeafUse one = use(1);
  images_.indices.resize(1);
  images_.values.resize(16);
  EXPECT_EQ(use(), one);
}

TEST(UnusedText, NamesTheWorstRegionsFirst) {
  const LeafUse use{.leaves_of_region = 64, .unused = {0, 3, 29, 0, 1, 7}};
  EXPECT_EQ(unused_text(use),
            "40 of 384 leaves are unused: 29 of 64 of region 2, 7 of 64 of region 5, 3 of 64 of "
            "region 1, …");
  EXPECT_EQ(unused_text({.leaves_of_region = 2, .unused = {0, 0}}), "");
}

}  // namespace
}  // namespace spvae
