#include "spvae/train/split_leaves.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "spvae/model/engine.h"
#include "spvae/train/objective.h"
#include "spvae/train/train_testing.h"

namespace spvae {
namespace {

/// A model, a use that calls some of its leaves unused, and its bound before and after the split.
struct Case {
  explicit Case(const Json& keys) : model(testing::small_config(keys).model) {
    model.initialise(3);
    engine = make_engine(Engine::kReference, model.leaves(), pool);
    const int k = model.circuit().k_leaf();
    use.leaves_of_region = k;
    use.shares.assign(static_cast<std::size_t>(model.circuit().leaves()), 1.0 / k);
  }

  /// Without their weights, unused leaves are no part of the model.
  void forget(int leaf) {
    const Circuit& circuit = model.circuit();
    use.shares[static_cast<std::size_t>(leaf)] = 0;
    for (int sum = 0; sum < circuit.sum_nodes(); ++sum) {
      for (int b = 0; b < circuit.branches(sum); ++b) {
        const Circuit::Branch branch = circuit.branch(sum, b);
        if (branch.left != leaf && branch.right != leaf) continue;
        model.parameters()[model.leaves().parameters_end() + circuit.first_weight(sum) +
                           static_cast<std::size_t>(b)] = -90;
      }
    }
  }

  int split() { return split_busy_leaves(model, use, 1, 7, model.parameters(), {moments}); }

  double bound() {
    return mean_bound(model, testing::bar_images(0, 12), 200, {1, 0, Purpose::kValidation}, *engine,
                      pool);
  }

  ThreadPool pool{2};
  Spvae model;
  std::unique_ptr<LeafEngine> engine;
  LeafUse use;
  std::vector<float> moments = std::vector<float>(model.parameters().size(), 1.0f);
};

const std::vector<Json> kModels = {
    {{"k-leaf", 3}, {"k-sum", 2}},
    {{"k-leaf", 4}, {"product", "elementwise"}, {"experts", 1}, {"priors", "learned"}},
    {{"k-leaf", 4}, {"product", "elementwise"}, {"experts", 2}, {"priors", "learned"}},
    {{"k-leaf", 3}, {"network", "shared-mlp"}, {"structure", "quad-tree"}},
};

TEST(SplitBusyLeaves, LeavesTheModelNearlyWhatItWas) {
  for (const Json& keys : kModels) {
    Case of(keys);
    of.forget(1);
    const double before = of.bound();
    EXPECT_EQ(of.split(), 1) << keys;
    EXPECT_NEAR(of.bound(), before, 0.02 * std::abs(before)) << keys;
  }
}

TEST(SplitBusyLeaves, GivesTwinsEqualWeightsAndDifferentCodes) {
  for (const Json& keys : kModels) {
    Case of(keys);
    of.forget(1);
    of.use.shares[0] = 0.9;  // the busiest
    const std::vector<float> before(of.model.parameters().begin(), of.model.parameters().end());
    of.split();
    EXPECT_NE(before,
              std::vector<float>(of.model.parameters().begin(), of.model.parameters().end()));
    const LeafUse now =
        leaf_use(of.model, testing::bar_images(0, 20), 20, 200, {}, *of.engine, of.pool);
    EXPECT_GT(now.shares[1], 0.2 * now.shares[0]) << keys;
    EXPECT_LT(now.shares[1], 5 * now.shares[0]) << keys;
    EXPECT_NE(now.shares[1], now.shares[0]) << keys;
  }
}

TEST(SplitBusyLeaves, ChangesNothingWhereAllLeavesAreUsed) {
  Case of(kModels[1]);
  const std::vector<float> before(of.model.parameters().begin(), of.model.parameters().end());
  EXPECT_EQ(of.split(), 0);
  EXPECT_EQ(before, std::vector<float>(of.model.parameters().begin(), of.model.parameters().end()));
}

TEST(SplitBusyLeaves, DividesABusyLeafAmongSeveral) {
  Case of(kModels[1]);
  for (const int leaf : {1, 2, 3}) of.forget(leaf);
  EXPECT_EQ(of.split(), 3);
  const LeafUse now =
      leaf_use(of.model, testing::bar_images(0, 20), 20, 200, {}, *of.engine, of.pool);
  EXPECT_EQ(now.unused[0], 0);
}

TEST(SplitBusyLeaves, StaysAmongTheLeavesOfAnExpert) {
  // Leaves 0 and 1 are of one expert, 2 and 3 of another.
  Case of(kModels[2]);
  for (const int leaf : {2, 3}) of.forget(leaf);
  EXPECT_EQ(of.split(), 0);
}

}  // namespace
}  // namespace spvae
