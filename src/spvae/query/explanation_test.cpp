#include "spvae/query/explanation.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "spvae/circuit/circuit_test_support.h"
#include "spvae/core/log_sum_exp.h"
#include "spvae/query/query_testing.h"

namespace spvae {
namespace {

using circuit_test::Enumeration;
using circuit_test::log_value;
using circuit_test::Tree;
using testing::evidence_of;

/// Images of any size, no two alike.
ImageSet patterned_images(int height, int width, std::uint32_t count) {
  ImageSet images{.height = height, .width = width, .values = {}, .indices = {}};
  for (std::uint32_t image = 0; image < count; ++image) {
    images.indices.push_back(image);
    for (std::uint32_t v = 0; v < static_cast<std::uint32_t>(height * width); ++v) {
      images.values.push_back(static_cast<float>((image * 31 + v * v * 57) % 256) / 255.0f);
    }
  }
  return images;
}

/// A 2 × 2 grid of super-pixels, the last ones narrower; its weights are far from equal.
Spvae grid_model(Product product = Product::kCross) {
  Spvae model({.height = 5,
               .width = 5,
               .delta = 3,
               .k_sum = product == Product::kCross ? 2 : 3,
               .product = product,
               .leaf = {.hidden = 4, .latent = 2}});
  model.initialise(6);
  return model;
}

/// The induced trees of a model by plain recursion, and the values of its leaves.
class Enumerated {
 public:
  Enumerated(const Spvae& model, const Evidence& evidence, int lane)
      : enumeration_(model.graph(), model.config().k_sum, model.circuit().k_leaf(),
                     {evidence.trace.log_weights.begin(), evidence.trace.log_weights.end()},
                     model.config().product),
        model_(model),
        evidence_(evidence),
        lane_(lane) {}

  double best() const {
    double best = -HUGE_VAL;
    for (const Tree& tree : enumeration_.trees()) best = std::max(best, value(tree));
    return best;
  }
  /// Log value of a node of the circuit.
  double value(int node) const {
    std::vector<double> values;
    for (const Tree& tree : enumeration_.trees(node)) values.push_back(value(tree));
    return log_sum_exp(values);
  }

 private:
  double value(const Tree& tree) const {
    return log_value(tree, evidence_.leaf_values, evidence_.batch.stride, lane_);
  }

  Enumeration enumeration_;
  const Spvae& model_;
  const Evidence& evidence_;
  int lane_;
};

void expect_best_of_all(const Spvae& model, const ImageSet& images) {
  const Evidence evidence = evidence_of(model, images);
  const Circuit& circuit = model.circuit();
  for (int lane = 0; lane < images.count(); ++lane) {
    const Enumerated all(model, evidence, lane);
    const Explanation explanation = explain(model, evidence, lane);
    double log_tree = explanation.log_prior;
    double log_prior = 0;
    for (const ExplanationNode& node : explanation.nodes) {
      if (node.is_leaf()) {
        log_tree +=
            evidence.leaf_values[index(node.node) * index(evidence.batch.stride) + index(lane)];
        EXPECT_EQ(node.probability, 1);
        continue;
      }
      const int left = explanation.nodes[index(node.left)].node;
      const int right = node.right < 0 ? -1 : explanation.nodes[index(node.right)].node;
      const Circuit::Branch branch = circuit.branch(node.node - circuit.leaves(), node.branch);
      EXPECT_EQ(branch.left, left);
      EXPECT_EQ(branch.right, right);
      const double log_weight =
          evidence.trace
              .log_weights[circuit.first_weight(node.node - circuit.leaves()) + index(node.branch)];
      log_prior += log_weight;
      EXPECT_NEAR(node.probability,
                  std::exp(log_weight + all.value(left) + (right < 0 ? 0 : all.value(right)) -
                           all.value(node.node)),
                  1e-9);
    }
    EXPECT_NEAR(log_tree, all.best(), 1e-9);
    EXPECT_NEAR(explanation.log_prior, log_prior, 1e-12);
    EXPECT_NEAR(explanation.log_likelihood, all.value(circuit.root()), 1e-9);
    EXPECT_NEAR(explanation.probability, std::exp(all.best() - all.value(circuit.root())), 1e-9);
  }
}

TEST(Explanation, IsTheBestOfAllEnumeratedTrees) {
  expect_best_of_all(testing::enumerable_model(3),
                     testing::level_images(3, {{10, 40, 200}, {255, 0, 3}, {90, -1, -1}}));
  expect_best_of_all(grid_model(), patterned_images(5, 5, 6));
  expect_best_of_all(grid_model(Product::kElementwise), patterned_images(5, 5, 6));
}

void expect_partitions(Product product) {
  Spvae model({.height = 9,
               .width = 7,
               .delta = 3,
               .product = product,
               .leaf = {.hidden = 4, .latent = 2}});
  model.initialise(2);
  const Evidence evidence = evidence_of(model, patterned_images(9, 7, 3));
  for (int lane = 0; lane < 3; ++lane) {
    const Explanation explanation = explain(model, evidence, lane);
    EXPECT_EQ(explanation.nodes[0].rectangle, (PixelRectangle{0, 0, 9, 7}));
    EXPECT_EQ(explanation.nodes[0].parent, -1);
    std::vector<int> covered(63);
    for (std::size_t i = 0; i < explanation.nodes.size(); ++i) {
      const ExplanationNode& node = explanation.nodes[i];
      const PixelRectangle& whole = node.rectangle;
      if (node.is_leaf()) {
        for (int row = whole.top; row < whole.bottom(); ++row) {
          for (int column = whole.left; column < whole.right(); ++column) {
            ++covered[index(row * 7 + column)];
          }
        }
        continue;
      }
      if (node.right < 0) {
        EXPECT_EQ(explanation.nodes[index(node.left)].rectangle, whole);
        continue;
      }
      const PixelRectangle& left = explanation.nodes[index(node.left)].rectangle;
      const PixelRectangle& right = explanation.nodes[index(node.right)].rectangle;
      EXPECT_EQ(left.height * left.width + right.height * right.width, whole.height * whole.width);
      EXPECT_TRUE(left.width == right.width || left.height == right.height);
      for (const int child : {node.left, node.right}) {
        EXPECT_EQ(explanation.nodes[index(child)].parent, static_cast<int>(i));
        EXPECT_EQ(explanation.nodes[index(child)].level, node.level + 1);
      }
    }
    EXPECT_EQ(std::ranges::count(covered, 1), 63);
  }
}

TEST(Explanation, PartitionsTheImageAtEveryLevel) {
  expect_partitions(Product::kCross);
  expect_partitions(Product::kElementwise);
}

TEST(Explanation, HasTheResponsibilitiesOfTheEvidence) {
  const Spvae model = grid_model();
  const Evidence evidence = evidence_of(model, patterned_images(5, 5, 2));
  const Explanation explanation = explain(model, evidence, 1);
  ASSERT_EQ(explanation.responsibilities.size(), 8u);
  for (std::size_t leaf = 0; leaf < 8; ++leaf) {
    EXPECT_EQ(explanation.responsibilities[leaf],
              evidence.responsibilities[leaf * index(evidence.batch.stride) + 1]);
  }
}

TEST(Explanation, OfASingleRegionIsItsLeaf) {
  Spvae model({.structure = Structure::kSingleRegion,
               .height = 3,
               .width = 4,
               .leaf = {.hidden = 4, .latent = 2}});
  model.initialise(2);
  const Explanation explanation = explain(model, evidence_of(model, patterned_images(3, 4, 1)), 0);
  ASSERT_EQ(explanation.nodes.size(), 1u);
  EXPECT_TRUE(explanation.nodes[0].is_leaf());
  EXPECT_EQ(explanation.nodes[0].rectangle, (PixelRectangle{0, 0, 3, 4}));
  EXPECT_EQ(explanation.probability, 1);
  EXPECT_EQ(explanation.responsibilities, std::vector<double>{1});
}

}  // namespace
}  // namespace spvae
