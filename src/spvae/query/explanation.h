#pragma once

#include <vector>

#include "spvae/core/pixel_rectangle.h"
#include "spvae/model/spvae.h"
#include "spvae/query/evidence.h"

namespace spvae {

/// A node of an induced tree and what it chooses.
struct ExplanationNode {
  int node = 0;    ///< of the circuit: leaf l is node l, sum s is node leaves() + s
  int parent = 0;  ///< place in Explanation::nodes; −1 at the root
  int level = 0;   ///< choices above it; 0 at the root
  PixelRectangle rectangle;
  int branch = -1;         ///< that the sum takes; −1: a leaf
  double probability = 1;  ///< of that branch, given the image and that the tree reaches the sum
  int left = -1;           ///< places of its children in Explanation::nodes; −1: a leaf
  int right = -1;          ///< −1: the sum takes one node of its own region, or is a leaf

  bool is_leaf() const { return branch < 0; }
};

/// Why an image is as likely as it is: its most probable induced tree (TP19 Section 3.1), and how
/// much each leaf has to do with it over all trees.
struct Explanation {
  std::vector<ExplanationNode> nodes;  ///< parents before children, left ones before right ones
  double log_likelihood = 0;           ///< of the image, over all trees, nats
  double log_prior = 0;                ///< Σ log weights of the tree, nats
  double probability = 0;              ///< of the tree given the image: the product of its choices'
  std::vector<double> responsibilities;  ///< [L]; those of a leaf region sum to 1
};

/// Of image `lane` of a batch. Exact, given the leaves' values. The rectangles of the tree's leaves
/// partition the image; a model of a single region has a tree of one leaf.
Explanation explain(const Spvae& model, const Evidence& evidence, int lane);

}  // namespace spvae
