#include "spvae/circuit/circuit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "spvae/circuit/circuit_test_support.h"
#include "spvae/core/error.h"
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
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class CircuitOf : public testing::TestWithParam<Product> {};

INSTANTIATE_TEST_SUITE_P(Products, CircuitOf,
                         testing::Values(Product::kCross, Product::kElementwise),
                         circuit_test::product_name);

TEST(Circuit, HasThePapersCounts) {
  for (const auto& [side, step] : {std::pair{28, 7}, std::pair{32, 8}}) {
    const Circuit circuit(poon_domingos(side, side, step), 2, 2);
    EXPECT_EQ(circuit.leaves(), 32);
    EXPECT_EQ(circuit.sum_nodes(), 167);
    EXPECT_EQ(circuit.product_nodes(), 800);
    EXPECT_EQ(circuit.sum_weights(), 1576U);
    EXPECT_EQ(circuit.levels(), 6);
    EXPECT_EQ(circuit.nodes(), 199);
    EXPECT_EQ(circuit.root(), 198);
  }
}

TEST(Circuit, LaysOutWeightsSumAfterSumAndProductsRightFastest) {
  const Circuit circuit(poon_domingos(1, 2, 1), 3, 2);  // the root over two leaf regions
  EXPECT_EQ(circuit.sum_nodes(), 1);
  EXPECT_EQ(circuit.branches(0), 4);
  std::vector<std::pair<int, int>> pairs;
  for (int p = 0; p < 4; ++p) {
    pairs.emplace_back(circuit.branch(0, p).left, circuit.branch(0, p).right);
  }
  EXPECT_THAT(pairs, testing::ElementsAre(std::pair(0, 2), std::pair(0, 3), std::pair(1, 2),
                                          std::pair(1, 3)));

  const Circuit larger(poon_domingos(3, 3, 1), 3, 2);
  std::size_t next = 0;
  for (int sum = 0; sum < larger.sum_nodes(); ++sum) {
    EXPECT_EQ(larger.first_weight(sum), next);
    next += index(larger.branches(sum));
    for (int p = 0; p < larger.branches(sum); ++p) {
      EXPECT_LT(larger.branch(sum, p).left, larger.leaves() + sum);
      EXPECT_LT(larger.branch(sum, p).right, larger.leaves() + sum);
    }
  }
  EXPECT_EQ(next, larger.sum_weights());
}

TEST(Circuit, GivesEachSideOfAPartitionSumsOfItsOwn) {
  // Regions 0 … 3 are pixels, then {0, 1}, {2, 3} and the root, which is divided in two ways.
  const RegionGraph graph(
      4, {{{0}}, {{1}}, {{2}}, {{3}}, {{0, 1}}, {{2, 3}}, {{1, 2, 3}}, {{0, 1, 2, 3}}},
      {{4, 0, 1}, {5, 2, 3}, {6, 1, 5}, {7, 4, 5}, {7, 0, 6}});
  const Circuit circuit(graph, 3, 2, Product::kElementwise);
  EXPECT_EQ(circuit.leaves(), 8);
  EXPECT_EQ(circuit.sum_nodes(), 2 * 5 * 3 + 1);
  EXPECT_EQ(circuit.product_nodes(), 5 * 3);
  EXPECT_EQ(circuit.levels(), 3);
  EXPECT_EQ(circuit.sum_weights(), 3U * (6 * 2 + 4 * 3) + 6U);
  const auto branches = [&](int sum) {
    std::vector<std::pair<int, int>> all;
    for (int b = 0; b < circuit.branches(sum); ++b) {
      all.emplace_back(circuit.branch(sum, b).left, circuit.branch(sum, b).right);
    }
    return all;
  };
  using testing::ElementsAre;
  EXPECT_THAT(branches(1), ElementsAre(std::pair(0, -1), std::pair(1, -1)));
  EXPECT_THAT(branches(5), ElementsAre(std::pair(2, -1), std::pair(3, -1)));
  // Sum 18 is the first of the left side of the root's first partition, over {0, 1}.
  EXPECT_EQ(circuit.region(8 + 18), 4);
  EXPECT_THAT(branches(18), ElementsAre(std::pair(8, 11), std::pair(9, 12), std::pair(10, 13)));
  EXPECT_EQ(circuit.region(circuit.root()), 7);
  EXPECT_THAT(branches(30), ElementsAre(std::pair(26, 29), std::pair(27, 30), std::pair(28, 31),
                                        std::pair(32, 35), std::pair(33, 36), std::pair(34, 37)));
}

TEST(Circuit, RefusesAbsurdSizes) {
  const RegionGraph grid = poon_domingos(2, 2, 1);
  constexpr int kHuge = std::numeric_limits<int>::max();
  for (const auto& [k_sum, k_leaf] : std::vector<std::pair<int, int>>{
           {0, 2}, {2, 0}, {-1, 2}, {2, -1}, {kHuge, 2}, {2, kHuge}, {kHuge, kHuge}}) {
    for (const Product product : {Product::kCross, Product::kElementwise}) {
      try {
        Circuit(grid, k_sum, k_leaf, product);
        ADD_FAILURE() << k_sum << " " << k_leaf;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::kUsage);
        EXPECT_THAT(error.what(), testing::HasSubstr(std::to_string(k_sum)));
        EXPECT_THAT(error.what(), testing::HasSubstr(std::to_string(k_leaf)));
      }
    }
  }
  EXPECT_THROW(Circuit(single_region(2, 2), 2, 2), Error);
}

TEST_P(CircuitOf, NormalisesTheWeightsOfEachSum) {
  const Circuit circuit(poon_domingos(4, 4, 1), 2, 3, GetParam());
  std::vector<float> logits = random_logits(circuit.sum_weights(), 1, 3);
  logits[0] = 500;  // the others of the first sum count as e^−300 next to it
  std::vector<double> log_weights(logits.size());
  circuit.log_softmax(logits, log_weights);
  for (int sum = 0; sum < circuit.sum_nodes(); ++sum) {
    const std::size_t first = circuit.first_weight(sum);
    double total = 0;
    for (std::size_t j = first; j < first + index(circuit.branches(sum)); ++j) {
      total += std::exp(log_weights[j]);
      EXPECT_NEAR(log_weights[j] - log_weights[first],
                  std::max(double{logits[j]} - double{logits[first]}, -300.0), 1e-12);
    }
    EXPECT_NEAR(total, 1, 1e-14);
  }
}

TEST_P(CircuitOf, IsZeroWhereAllLeavesAreZero) {
  const Circuit circuit(poon_domingos(28, 28, 7), 2, 2, GetParam());
  const std::vector<double> zeros(index(circuit.leaves()) * 32, 0.0);
  const Passes run(circuit, random_logits(circuit.sum_weights(), 2), zeros, 32, 32);
  for (const double root : run.trace.root()) EXPECT_NEAR(root, 0, 1e-12);
}

TEST_P(CircuitOf, GainsWhatTheLeavesOfOneRegionGain) {
  const RegionGraph graph = poon_domingos(28, 28, 7);
  const Circuit circuit(graph, 2, 2, GetParam());
  const auto logits = random_logits(circuit.sum_weights(), 3);
  const auto values = random_values(circuit, 32, 3, 30);
  const Passes before(circuit, logits, values, 32, 32);
  for (int region = 0; region < graph.leaf_regions(); ++region) {
    const double gain = 12.5 * (region - 7);
    auto moved = values;
    for (std::size_t i = index(region) * 2 * 32; i < index(region + 1) * 2 * 32; ++i)
      moved[i] += gain;
    const Passes after(circuit, logits, moved, 32, 32);
    for (std::size_t lane = 0; lane < 32; ++lane) {
      EXPECT_NEAR(after.trace.root()[lane], before.trace.root()[lane] + gain, 1e-11);
    }
  }
}

TEST_P(CircuitOf, SharesOneResponsibilityAmongTheLeavesOfEachRegion) {
  for (const double spread : {0.1, 30.0, 1e4}) {
    for (const int k : {1, 2, 3, 5}) {
      const RegionGraph graph = poon_domingos(4, 4, 1);
      const Circuit circuit(graph, k, k, GetParam());
      const Passes run(circuit, random_logits(circuit.sum_weights(), 4),
                       random_values(circuit, 32, 4, spread), 32, 32);
      for (int region = 0; region < graph.leaf_regions(); ++region) {
        for (std::size_t lane = 0; lane < 32; ++lane) {
          double total = 0;
          for (int i = 0; i < k; ++i) {
            const double part = run.responsibilities[index(region * k + i) * 32 + lane];
            EXPECT_GE(part, 0);
            total += part;
          }
          EXPECT_NEAR(total, 1, 1e-12) << "spread " << spread << " k " << k;
        }
      }
    }
  }
}

TEST_P(CircuitOf, IsAProbabilityWhereTheLeavesAre) {
  // Four pixels of three levels: lane i is the image whose levels are the digits of i.
  const Circuit circuit(poon_domingos(2, 2, 1), 3, 2, GetParam());
  std::vector<double> values(8 * 96, 0.0);
  for (std::uint32_t leaf = 0; leaf < 8; ++leaf) {
    const double odds[] = {1, std::exp(random_normal({.seed = 14}, 2 * leaf)),
                           std::exp(random_normal({.seed = 14}, 2 * leaf + 1))};
    for (std::size_t lane = 0; lane < 81; ++lane) {
      const std::size_t places[] = {1, 3, 9, 27};
      const double chosen = odds[lane / places[leaf / 2] % 3];
      values[leaf * 96 + lane] = std::log(chosen / (odds[0] + odds[1] + odds[2]));
    }
  }
  const Passes run(circuit, random_logits(circuit.sum_weights(), 14, 3), values, 96, 81);
  double total = 0;
  for (std::size_t lane = 0; lane < 81; ++lane) total += std::exp(run.trace.root()[lane]);
  EXPECT_NEAR(total, 1, 1e-13);
}

TEST_P(CircuitOf, AgreesWithTheEnumerationOfAllInducedTrees) {
  for (const auto& [k_sum, k_leaf] : {std::pair{2, 2}, std::pair{1, 3}, std::pair{5, 2}}) {
    const RegionGraph graph = poon_domingos(2, 2, 1);
    const Circuit circuit(graph, k_sum, k_leaf, GetParam());
    const auto logits = random_logits(circuit.sum_weights(), 5);
    const auto values = random_values(circuit, 32, 5, 3);
    const Passes run(circuit, logits, values, 32, 32);
    std::vector<double> log_weights(logits.size());
    circuit.log_softmax(logits, log_weights);
    const std::vector<Tree> trees =
        Enumeration(graph, k_sum, k_leaf, log_weights, GetParam()).trees();
    for (int lane = 0; lane < 32; ++lane) {
      double total = 0;
      std::vector<double> part(index(circuit.leaves()), 0.0);
      for (const Tree& tree : trees) {
        const double value = std::exp(circuit_test::log_value(tree, values, 32, lane));
        total += value;
        for (const int leaf : tree.leaves) part[index(leaf)] += value;
      }
      EXPECT_NEAR(run.trace.root()[index(lane)], std::log(total), 1e-12);
      for (int leaf = 0; leaf < circuit.leaves(); ++leaf) {
        EXPECT_NEAR(run.responsibilities[index(leaf) * 32 + index(lane)], part[index(leaf)] / total,
                    1e-12);
      }
    }
  }
}

TEST_P(CircuitOf, HasTheGradientOfFiniteDifferences) {
  const Circuit circuit(poon_domingos(3, 2, 1), 2, 3, GetParam());
  auto logits = random_logits(circuit.sum_weights(), 6);
  for (float& logit : logits) logit = std::ldexp(std::rint(std::ldexp(logit, 10)), -10);
  auto values = random_values(circuit, 32, 6, 2);
  constexpr int kSize = 7;
  const Passes run(circuit, logits, values, 32, kSize);
  ThreadPool pool(1);
  Circuit::Trace trace;
  const auto total = [&] {
    circuit.forward(logits, values, 32, pool, trace);
    const auto root = trace.root();
    return std::accumulate(root.begin(), root.begin() + kSize, 0.0);
  };
  const float step = 0x1p-11F;  // exact in float: logits are multiples of 2^-10
  for (std::size_t j = 0; j < logits.size(); ++j) {
    const float logit = logits[j];
    logits[j] = logit + step;
    const double above = total();
    logits[j] = logit - step;
    const double below = total();
    logits[j] = logit;
    EXPECT_NEAR(run.grad_logits[j], (above - below) / (2.0 * step), 2e-6) << "logit " << j;
  }
  for (std::size_t leaf = 0; leaf < index(circuit.leaves()); ++leaf) {
    for (std::size_t lane : {0U, 6U}) {
      const double value = values[leaf * 32 + lane];
      values[leaf * 32 + lane] = value + 1e-4;
      const double above = total();
      values[leaf * 32 + lane] = value - 1e-4;
      const double below = total();
      values[leaf * 32 + lane] = value;
      EXPECT_NEAR(run.responsibilities[leaf * 32 + lane], (above - below) / 2e-4, 1e-7);
    }
  }
}

TEST_P(CircuitOf, PermutesResponsibilitiesWithTheLeaves) {
  // Lanes are images: permuting images permutes columns, to the bit.
  const Circuit circuit(poon_domingos(4, 4, 1), 2, 2, GetParam());
  const auto logits = random_logits(circuit.sum_weights(), 7);
  const auto values = random_values(circuit, 64, 7, 20);
  const auto from = [](std::size_t lane) { return (lane * 27 + 5) % 64; };
  auto permuted = values;
  for (std::size_t i = 0; i < values.size(); ++i) {
    permuted[i] = values[i / 64 * 64 + from(i % 64)];
  }
  const Passes a(circuit, logits, values, 64, 64);
  const Passes b(circuit, logits, permuted, 64, 64);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_EQ(b.responsibilities[i], a.responsibilities[i / 64 * 64 + from(i % 64)]);
  }

  // With equal logits, swapping the two leaves of a region swaps their responsibilities.
  const std::vector<float> equal(circuit.sum_weights(), 0.25F);
  auto swapped = values;
  std::swap_ranges(swapped.begin() + 6 * 64, swapped.begin() + 7 * 64, swapped.begin() + 7 * 64);
  const Passes c(circuit, equal, values, 64, 64);
  const Passes d(circuit, equal, swapped, 64, 64);
  for (std::size_t leaf = 0; leaf < index(circuit.leaves()); ++leaf) {
    const std::size_t other = leaf == 6 ? 7 : leaf == 7 ? 6 : leaf;
    for (std::size_t lane = 0; lane < 64; ++lane) {
      EXPECT_NEAR(d.responsibilities[leaf * 64 + lane], c.responsibilities[other * 64 + lane],
                  1e-12);
    }
  }
}

TEST_P(CircuitOf, TakesImpossibleLeaves) {
  const RegionGraph graph = poon_domingos(2, 3, 1);
  const Circuit circuit(graph, 2, 2, GetParam());
  const auto logits = random_logits(circuit.sum_weights(), 8);
  auto values = random_values(circuit, 32, 8, 1e4);
  for (std::size_t leaf = 0; leaf < index(circuit.leaves()); leaf += 2) {
    values[leaf * 32 + 1] = -kInfinity;  // lane 1: every region has one leaf left
  }
  values[0 * 32 + 2] = values[1 * 32 + 2] = -kInfinity;  // lane 2: a region has none
  for (std::size_t leaf = 0; leaf < index(circuit.leaves()); ++leaf) {
    values[leaf * 32 + 3] = -kInfinity;
  }
  const Passes run(circuit, logits, values, 32, 32);
  EXPECT_TRUE(std::isfinite(run.trace.root()[1]));
  EXPECT_EQ(run.trace.root()[2], -kInfinity);
  EXPECT_EQ(run.trace.root()[3], -kInfinity);
  for (std::size_t leaf = 0; leaf < index(circuit.leaves()); ++leaf) {
    EXPECT_NEAR(run.responsibilities[leaf * 32 + 1], leaf % 2 == 0 ? 0 : 1, 1e-12);
    EXPECT_EQ(run.responsibilities[leaf * 32 + 2], 0);
    EXPECT_EQ(run.responsibilities[leaf * 32 + 3], 0);
  }
  for (const float grad : run.grad_logits) EXPECT_TRUE(std::isfinite(grad));
}

TEST_P(CircuitOf, IsFiniteForExtremeWeightsAndValues) {
  const Circuit circuit(poon_domingos(4, 4, 1), 2, 2, GetParam());
  const Passes run(circuit, random_logits(circuit.sum_weights(), 9, 1e4),
                   random_values(circuit, 32, 9, 1e4), 32, 32);
  for (const double root : run.trace.root()) EXPECT_TRUE(std::isfinite(root));
  for (const double part : run.responsibilities) EXPECT_TRUE(part >= 0 && part < 1 + 1e-12);
  for (const float grad : run.grad_logits) EXPECT_TRUE(std::isfinite(grad));
}

TEST_P(CircuitOf, ShowsANanOfALeafAtTheRootOfThatImageOnly) {
  const Circuit circuit(poon_domingos(3, 3, 1), 2, 2, GetParam());
  const auto logits = random_logits(circuit.sum_weights(), 10);
  for (std::size_t leaf = 0; leaf < index(circuit.leaves()); ++leaf) {
    auto values = random_values(circuit, 32, 10, 50);
    values[leaf * 32 + 9] = kNan;
    const Passes run(circuit, logits, values, 32, 32);
    for (std::size_t lane = 0; lane < 32; ++lane) {
      EXPECT_EQ(std::isnan(run.trace.root()[lane]), lane == 9) << "leaf " << leaf;
    }
  }
}

TEST_P(CircuitOf, IgnoresLanesBeyondTheSizeWhateverTheyHold) {
  const Circuit circuit(poon_domingos(4, 4, 1), 2, 2, GetParam());
  const auto logits = random_logits(circuit.sum_weights(), 11);
  const auto values = random_values(circuit, 96, 11, 5);
  for (const int size : {0, 1, 31, 32, 33, 40, 64}) {
    auto zeroed = values;
    auto broken = values;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i % 96 < index(size)) continue;
      zeroed[i] = 0;
      broken[i] = i % 2 == 0 ? kNan : kInfinity;
    }
    const Passes a(circuit, logits, zeroed, 96, size);
    const Passes b(circuit, logits, broken, 96, size);
    EXPECT_EQ(a.grad_logits, b.grad_logits) << size;
    EXPECT_EQ(a.responsibilities, b.responsibilities) << size;
    for (std::size_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(i % 96 < index(size) ? 0 : b.responsibilities[i], 0);
    }
    if (size == 0) {
      EXPECT_THAT(a.grad_logits, testing::Each(0.0F));
    }
  }
}

TEST_P(CircuitOf, HasTheSameBitsForAnyNumberOfThreads) {
  for (const int k : {2, 8}) {
    const Circuit circuit(poon_domingos(28, 28, 7), k, k, GetParam());
    const auto logits = random_logits(circuit.sum_weights(), 12);
    const auto values = random_values(circuit, 160, 12, 100);
    const Passes one(circuit, logits, values, 160, 130, 1);
    for (const int threads : {2, 3}) {
      const Passes many(circuit, logits, values, 160, 130, threads);
      EXPECT_EQ(one.trace.values, many.trace.values);
      EXPECT_EQ(one.trace.sums, many.trace.sums);
      EXPECT_EQ(one.responsibilities, many.responsibilities);
      EXPECT_EQ(one.grad_logits, many.grad_logits);
    }
  }
}

TEST(Circuit, IsTheLeafItselfOverASingleRegion) {
  const Circuit circuit(single_region(28, 28), 2, 1);
  EXPECT_EQ(circuit.leaves(), 1);
  EXPECT_EQ(circuit.sum_nodes(), 0);
  EXPECT_EQ(circuit.product_nodes(), 0);
  EXPECT_EQ(circuit.sum_weights(), 0U);
  EXPECT_EQ(circuit.levels(), 0);
  const auto values = random_values(circuit, 64, 13, 1e4);
  const Passes run(circuit, {}, values, 64, 40);
  EXPECT_THAT(std::vector(run.trace.root().begin(), run.trace.root().end()),
              testing::ElementsAreArray(values));
  for (std::size_t lane = 0; lane < 64; ++lane) {
    EXPECT_EQ(run.responsibilities[lane], lane < 40 ? 1 : 0);
  }
}

// TP19 Theorem 2 where leaves of a region share their samples: the circuit over estimates has the
// circuit over what they estimate for its mean. Two regions with K leaves and M codes each; leaf j
// has the prior p_j over codes and all leaves p(x|z) and q(z). The mean is over all pairs of two
// samples of each region, weighted by q.
TEST_P(CircuitOf, OfEstimatesThatShareSamplesIsUnbiased) {
  constexpr int kLeaves = 3;
  constexpr int kCodes = 3;
  const RegionGraph graph = poon_domingos(1, 2, 1);
  const Circuit circuit(graph, 2, kLeaves, GetParam());
  ASSERT_EQ(circuit.leaves(), 2 * kLeaves);
  const std::vector<float> logits = random_logits(circuit.sum_weights(), 3);
  std::uint32_t next = 0;
  const auto distribution = [&next] {
    std::vector<double> p(kCodes);
    for (double& value : p) value = 0.1 + random_uniform({.seed = 8}, next++);
    const double sum = p[0] + p[1] + p[2];
    for (double& value : p) value /= sum;
    return p;
  };
  std::vector<std::vector<double>> priors(2 * kLeaves), likelihoods(2), proposals(2);
  for (auto* tables : {&priors, &likelihoods, &proposals}) {
    for (auto& table : *tables) table = distribution();
  }
  // [leaves, stride]: lane 0 is exact, lane 1 + i the estimates by outcome number i.
  constexpr int kOutcomes = kCodes * kCodes * kCodes * kCodes;
  constexpr int kStride = 96;
  std::vector<double> values(index(circuit.leaves()) * kStride);
  std::vector<double> probabilities;
  for (int outcome = 0; outcome < kOutcomes; ++outcome) {
    const int codes[2][2] = {
        {outcome % kCodes, outcome / kCodes % kCodes},
        {outcome / (kCodes * kCodes) % kCodes, outcome / (kCodes * kCodes * kCodes)}};
    probabilities.push_back(1);
    for (int leaf = 0; leaf < circuit.leaves(); ++leaf) {
      const std::size_t region = index(leaf / kLeaves);
      double estimate = 0;
      double exact = 0;
      for (const int z : codes[region]) {
        estimate += likelihoods[region][index(z)] * priors[index(leaf)][index(z)] /
                    proposals[region][index(z)] / 2;
      }
      for (std::size_t z = 0; z < kCodes; ++z)
        exact += likelihoods[region][z] * priors[index(leaf)][z];
      values[index(leaf) * kStride] = std::log(exact);
      values[index(leaf) * kStride + 1 + index(outcome)] = std::log(estimate);
    }
    for (std::size_t region = 0; region < 2; ++region) {
      for (const int z : codes[region]) probabilities.back() *= proposals[region][index(z)];
    }
  }
  const Passes passes(circuit, logits, values, kStride, kStride);
  double mean = 0;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    mean += probabilities[i] * std::exp(passes.trace.root()[1 + i]);
  }
  EXPECT_NEAR(mean, std::exp(passes.trace.root()[0]), 1e-12);
}

}  // namespace
}  // namespace spvae
