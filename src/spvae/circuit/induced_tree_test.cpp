#include "spvae/circuit/induced_tree.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "spvae/circuit/circuit_test_support.h"
#include "spvae/structure/poon_domingos.h"
#include "spvae/structure/single_region.h"

namespace spvae {
namespace {

using circuit_test::Enumeration;
using circuit_test::Passes;
using circuit_test::random_logits;
using circuit_test::random_values;
using circuit_test::Tree;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Successive uniforms of one address.
UniformSource uniforms(std::uint32_t seed) {
  return [seed, next = 0U]() mutable {
    return random_uniform({.seed = seed, .purpose = Purpose::kSampling}, next++);
  };
}

struct Setting {
  explicit Setting(Product which) : product(which) {}

  Product product;
  RegionGraph graph = poon_domingos(2, 2, 1);
  Circuit circuit{graph, 2, 2, product};
  std::vector<float> logits = random_logits(circuit.sum_weights(), 31);
  std::vector<double> values = random_values(circuit, 32, 31, 1);
  Passes run{circuit, logits, values, 32, 32};
  std::vector<double> log_weights{run.trace.log_weights.begin(), run.trace.log_weights.end()};
  std::vector<Tree> trees = Enumeration(graph, 2, 2, log_weights, product).trees();
};

class InducedTreeOf : public testing::TestWithParam<Product> {};

/// A tree's identity: leaves and probability (several trees may have the same leaves).
using Key = std::pair<std::vector<int>, long long>;
Key key(const std::vector<int>& leaves, double log_probability) {
  return {leaves, std::llround(log_probability * 1e9)};
}

/// Pearson's statistic of draws against expected probabilities stays below its mean + 5 standard
/// deviations (chi-square of n − 1 degrees of freedom: n − 1 and √(2(n − 1))).
void expect_frequencies(const std::map<Key, double>& expected, const std::map<Key, int>& counts,
                        int draws) {
  double statistic = 0;
  for (const auto& [tree, probability] : expected) {
    const auto count = counts.find(tree);
    const double mean = probability * draws;
    const double off = (count == counts.end() ? 0 : count->second) - mean;
    statistic += off * off / mean;
  }
  for (const auto& [tree, count] : counts) EXPECT_TRUE(expected.contains(tree));
  const double degrees = static_cast<double>(expected.size()) - 1;
  EXPECT_LT(statistic, degrees + 5 * std::sqrt(2 * degrees));
}

TEST_P(InducedTreeOf, OfThePriorHasTheFrequenciesOfTheEnumeration) {
  const Setting s(GetParam());
  std::map<Key, double> expected;
  for (const Tree& tree : s.trees) {
    expected[key(tree.leaves, tree.log_probability)] += std::exp(tree.log_probability);
  }
  ASSERT_GT(expected.size(), 60U);
  const auto uniform = uniforms(1);
  std::map<Key, int> counts;
  constexpr int kDraws = 50000;
  for (int i = 0; i < kDraws; ++i) {
    const InducedTree tree = sample_tree(s.circuit, s.log_weights, uniform);
    ++counts[key(tree.leaves, tree.log_probability)];
  }
  expect_frequencies(expected, counts, kDraws);
}

TEST_P(InducedTreeOf, OfThePosteriorHasTheFrequenciesOfTheEnumeration) {
  const Setting s(GetParam());
  constexpr int kLane = 5;
  const double root = s.run.trace.root()[kLane];
  std::map<Key, double> expected;
  for (const Tree& tree : s.trees) {
    expected[key(tree.leaves, tree.log_probability)] +=
        std::exp(circuit_test::log_value(tree, s.values, 32, kLane) - root);
  }
  const auto uniform = uniforms(2);
  std::map<Key, int> counts;
  constexpr int kDraws = 50000;
  for (int i = 0; i < kDraws; ++i) {
    const InducedTree tree = sample_tree(s.circuit, s.run.trace, kLane, uniform);
    ++counts[key(tree.leaves, tree.log_probability)];
  }
  expect_frequencies(expected, counts, kDraws);
}

TEST_P(InducedTreeOf, OfThePosteriorUsesLeavesAsOftenAsTheirResponsibilities) {
  const RegionGraph graph = poon_domingos(28, 28, 7);
  const Circuit circuit(graph, 2, 2, GetParam());
  const auto values = random_values(circuit, 32, 32, 1);
  const Passes run(circuit, random_logits(circuit.sum_weights(), 32), values, 32, 32);
  const auto uniform = uniforms(3);
  std::vector<int> used(index(circuit.leaves()), 0);
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    for (const int leaf : sample_tree(circuit, run.trace, 17, uniform).leaves) ++used[index(leaf)];
  }
  for (std::size_t leaf = 0; leaf < used.size(); ++leaf) {
    const double p = run.responsibilities[leaf * 32 + 17];
    EXPECT_NEAR(used[leaf], kDraws * p, 5 * std::sqrt(kDraws * p * (1 - p)) + 1e-9);
  }
}

TEST_P(InducedTreeOf, BestIsTheArgmaxOfTheEnumeration) {
  const Setting s(GetParam());
  for (int lane = 0; lane < 32; ++lane) {
    const Tree* best = &s.trees.front();
    for (const Tree& tree : s.trees) {
      if (circuit_test::log_value(tree, s.values, 32, lane) >
          circuit_test::log_value(*best, s.values, 32, lane)) {
        best = &tree;
      }
    }
    const InducedTree tree = best_tree(s.circuit, s.run.trace, lane);
    EXPECT_EQ(tree.leaves, best->leaves);
    EXPECT_NEAR(tree.log_probability, best->log_probability, 1e-12);
  }
}

TEST_P(InducedTreeOf, PartitionsTheImageAndNamesItsChoices) {
  const RegionGraph graph = poon_domingos(28, 28, 7);
  const Circuit circuit(graph, 3, 2, GetParam());
  const Passes run(circuit, random_logits(circuit.sum_weights(), 33),
                   random_values(circuit, 32, 33, 40), 32, 32);
  const std::vector<double> log_weights(run.trace.log_weights.begin(), run.trace.log_weights.end());
  const auto uniform = uniforms(4);
  for (const InducedTree& tree :
       {sample_tree(circuit, log_weights, uniform), sample_tree(circuit, run.trace, 3, uniform),
        best_tree(circuit, run.trace, 3)}) {
    ASSERT_EQ(tree.leaves.size(), 16U);
    for (int region = 0; region < 16; ++region) {
      EXPECT_EQ(circuit.region(tree.leaves[index(region)]), region);
    }
    // A binary tree over 16 leaves; sums over the leaf regions where products are element-wise.
    ASSERT_EQ(tree.choices.size(), GetParam() == Product::kCross ? 15U : 31U);
    EXPECT_EQ(tree.choices.front().sum, circuit.sum_nodes() - 1);
    double total = 0;
    for (const InducedTree::Choice& choice : tree.choices) {
      total += log_weights[circuit.first_weight(choice.sum) + index(choice.branch)];
    }
    EXPECT_NEAR(tree.log_probability, total, 1e-12);
  }
}

TEST_P(InducedTreeOf, IsDeterminedByItsUniforms) {
  const Setting s(GetParam());
  const InducedTree a = sample_tree(s.circuit, s.run.trace, 1, uniforms(5));
  const InducedTree b = sample_tree(s.circuit, s.run.trace, 1, uniforms(5));
  EXPECT_EQ(a.leaves, b.leaves);
  EXPECT_EQ(a.log_probability, b.log_probability);
  // Just below 1 is the last product, 0 the first.
  for (const auto& [uniform, product] :
       {std::pair{0.0, 0},
        std::pair{1 - 0x1p-53, s.circuit.branches(s.circuit.sum_nodes() - 1) - 1}}) {
    const InducedTree tree = sample_tree(s.circuit, s.log_weights, [u = uniform] { return u; });
    EXPECT_EQ(tree.choices.front().branch, product);
  }
}

TEST_P(InducedTreeOf, NeverUsesAnImpossibleLeafWhereThereIsAnother) {
  const Setting s(GetParam());
  auto values = s.values;
  for (int leaf = 0; leaf < 8; leaf += 2) values[index(leaf) * 32] = -kInfinity;
  for (int leaf = 0; leaf < 8; ++leaf) values[index(leaf) * 32 + 1] = -kInfinity;
  const Passes run(s.circuit, s.logits, values, 32, 32);
  const auto uniform = uniforms(6);
  const std::vector<int> possible{1, 3, 5, 7};
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(sample_tree(s.circuit, run.trace, 0, uniform).leaves, possible);
  }
  EXPECT_EQ(best_tree(s.circuit, run.trace, 0).leaves, possible);
  EXPECT_EQ(sample_tree(s.circuit, run.trace, 1, uniform).leaves.size(), 4U);
  EXPECT_EQ(best_tree(s.circuit, run.trace, 1).leaves.size(), 4U);
}

INSTANTIATE_TEST_SUITE_P(Products, InducedTreeOf,
                         testing::Values(Product::kCross, Product::kElementwise),
                         circuit_test::product_name);

TEST(InducedTree, IsTheLeafOfASingleRegion) {
  const Circuit circuit(single_region(3, 3), 1, 1);
  const Passes run(circuit, {}, random_values(circuit, 32, 34, 1), 32, 32);
  for (const InducedTree& tree :
       {sample_tree(circuit, std::span<const double>(), uniforms(7)),
        sample_tree(circuit, run.trace, 0, uniforms(7)), best_tree(circuit, run.trace, 0)}) {
    EXPECT_EQ(tree.leaves, std::vector{0});
    EXPECT_TRUE(tree.choices.empty());
    EXPECT_EQ(tree.log_probability, 0);
  }
}

}  // namespace
}  // namespace spvae
