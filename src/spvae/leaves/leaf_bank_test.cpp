#include "spvae/leaves/leaf_bank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "spvae/structure/poon_domingos.h"

namespace spvae {
namespace {

using testing::ElementsAre;

// 3 × 1 pixels, divided after the second: leaf regions {0, 1} and {2}.
RegionGraph strip_of_three() { return RegionGraph(3, {{{0, 1}}, {{2}}, {{0, 1, 2}}}, {{2, 0, 1}}); }

RegionGraph one_region(int pixels) {
  Region region;
  for (int pixel = 0; pixel < pixels; ++pixel) region.scope.push_back(pixel);
  return RegionGraph(pixels, {region}, {});
}

LeafConfig small_config() { return {.hidden = 4, .hidden_layers = 1, .latent = 3}; }

TEST(LeafBank, GroupsLeavesByTheNumberOfTheirPixels) {
  ParameterLayout layout;
  const LeafBank bank(strip_of_three(), {1, 3, 1}, 2, small_config(), layout);
  EXPECT_EQ(bank.leaves(), 4);
  ASSERT_EQ(bank.groups().size(), 2U);
  EXPECT_EQ(bank.groups()[0].variables, 1);
  EXPECT_EQ(bank.groups()[1].variables, 2);
  EXPECT_THAT(bank.groups()[0].experts, ElementsAre(2, 3));
  EXPECT_THAT(bank.groups()[1].experts, ElementsAre(0, 1));
  EXPECT_THAT(bank.scope(0), ElementsAre(0, 1));
  EXPECT_THAT(bank.scope(1), ElementsAre(0, 1));
  EXPECT_THAT(bank.scope(3), ElementsAre(2));
  for (int leaf = 0; leaf < bank.leaves(); ++leaf) {
    const LeafGroup& group = bank.groups()[static_cast<std::size_t>(bank.group_of(leaf))];
    EXPECT_EQ(group.experts[static_cast<std::size_t>(bank.slot_of(leaf))], leaf);
  }
}

TEST(LeafBank, NamesItsTensorsByGroupNetworkAndLayer) {
  ParameterLayout layout;
  const LeafBank bank(strip_of_three(), {1, 3, 1}, 2, small_config(), layout);
  std::vector<std::string> names;
  for (const Tensor& tensor : layout.tensors()) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("leaves.0.encoder_mean.0", "leaves.0.encoder_mean.1",
                                 "leaves.0.encoder_precision.0", "leaves.0.encoder_precision.1",
                                 "leaves.0.decoder_mean.0", "leaves.0.decoder_mean.1",
                                 "leaves.0.decoder_precision.0", "leaves.0.decoder_precision.1",
                                 "leaves.1.encoder_mean.0", "leaves.1.encoder_mean.1",
                                 "leaves.1.encoder_precision.0", "leaves.1.encoder_precision.1",
                                 "leaves.1.decoder_mean.0", "leaves.1.decoder_mean.1",
                                 "leaves.1.decoder_precision.0", "leaves.1.decoder_precision.1"));
  EXPECT_THAT(layout.find("leaves.1.encoder_mean.0").shape, ElementsAre(2, 3, 4));
  EXPECT_THAT(layout.find("leaves.1.decoder_precision.1").shape, ElementsAre(2, 5, 2));
  EXPECT_EQ(layout.find("leaves.1.decoder_precision.1").offset,
            bank.groups()[1].networks.decoders[1][1].offset);
}

TEST(LeafBank, KnowsItsPartOfTheBufferAndItsEncoders) {
  ParameterLayout layout;
  layout.add("something.else", {7});
  const LeafBank bank(one_region(5), {1, 5, 1}, 2, small_config(), layout);
  layout.add("more", {3});
  const std::size_t encoder = 6 * 4 + 5 * 3;
  const std::size_t decoder = 4 * 4 + 5 * 5;
  EXPECT_EQ(bank.parameters_begin(), 7U);
  EXPECT_EQ(bank.parameters_end(), 7 + 2 * (2 * encoder + 2 * decoder));
  EXPECT_EQ(bank.encoder_parameters(), 2 * 2 * encoder);
}

TEST(LeafBank, WithoutHiddenLayersIsAffine) {
  ParameterLayout layout;
  const LeafBank bank(one_region(5), {1, 5, 1}, 1, {.hidden_layers = 0, .latent = 2}, layout);
  ASSERT_EQ(bank.groups()[0].networks.encoder_mean.size(), 1U);
  EXPECT_EQ(bank.groups()[0].networks.encoder_mean[0].inputs, 5);
  EXPECT_EQ(bank.groups()[0].networks.encoder_mean[0].outputs, 2);
}

// Rows and columns of each group's leaves at step 7.
std::vector<std::pair<int, int>> group_shapes(int height, int width, const LeafConfig& config) {
  ParameterLayout layout;
  const LeafBank bank(poon_domingos(height, width, 7), {height, width, 1}, 2, config, layout);
  std::vector<std::pair<int, int>> shapes;
  std::size_t leaves = 0;
  for (const LeafGroup& group : bank.groups()) {
    shapes.emplace_back(0, 0);
    leaves += group.experts.size();
    for (const int leaf : group.experts) {
      const std::span<const std::int32_t> scope = bank.scope(leaf);
      const std::pair<int, int> shape{scope.back() / width - scope.front() / width + 1,
                                      scope.back() % width - scope.front() % width + 1};
      if (shapes.back().first == 0) shapes.back() = shape;
      if (is_convolutional(config.network)) {
        EXPECT_EQ(shape, shapes.back());
      }
      EXPECT_EQ(group.variables, shape.first * shape.second);
    }
  }
  EXPECT_EQ(leaves, static_cast<std::size_t>(bank.leaves()));
  return shapes;
}

TEST(LeafBank, GroupsConvolutionalLeavesByPixelsThenHeight) {
  using Shape = std::pair<int, int>;
  const LeafConfig conv{.latent = 2, .network = Network::kConv};
  EXPECT_THAT(group_shapes(28, 28, conv), ElementsAre(Shape{7, 7}));
  EXPECT_THAT(group_shapes(30, 28, conv), ElementsAre(Shape{2, 7}, Shape{7, 7}));
  EXPECT_THAT(group_shapes(28, 30, conv), ElementsAre(Shape{7, 2}, Shape{7, 7}));
  EXPECT_THAT(group_shapes(30, 30, conv),
              ElementsAre(Shape{2, 2}, Shape{2, 7}, Shape{7, 2}, Shape{7, 7}));
  // An MLP sees no shape: leaves of 2 × 7 and 7 × 2 pixels are of one group.
  EXPECT_EQ(group_shapes(30, 30, small_config()).size(), 3U);
}

TEST(LeafBank, NamesTheTensorsOfConvolutionalLeaves) {
  ParameterLayout layout;
  const LeafBank bank(poon_domingos(9, 7, 7), {9, 7, 1}, 2,
                      {.latent = 3,
                       .likelihood = Likelihood::kGaussian,
                       .network = Network::kConv,
                       .filters = {2, 5},
                       .stride = 2,
                       .dense = 6},
                      layout);
  std::vector<std::string> names;
  for (const Tensor& tensor : layout.tensors()) names.push_back(tensor.name);
  ASSERT_EQ(names.size(), 18U);
  names.resize(9);
  EXPECT_THAT(names, ElementsAre("leaves.0.encoder_trunk.0", "leaves.0.encoder_trunk.1",
                                 "leaves.0.encoder_trunk.2", "leaves.0.encoder_mean.0",
                                 "leaves.0.encoder_precision.0", "leaves.0.decoder_trunk.0",
                                 "leaves.0.decoder_trunk.1", "leaves.0.decoder_mean.0",
                                 "leaves.0.decoder_precision.0"));
  // 7 × 7 pixels become 4 × 4 and 2 × 2 places, 2 × 7 pixels 1 × 4 and 1 × 2.
  EXPECT_THAT(layout.find("leaves.1.encoder_trunk.0").shape, ElementsAre(2, 10, 2));
  EXPECT_THAT(layout.find("leaves.1.encoder_trunk.1").shape, ElementsAre(2, 19, 5));
  EXPECT_THAT(layout.find("leaves.1.encoder_trunk.2").shape, ElementsAre(2, 2 * 2 * 5 + 1, 6));
  EXPECT_THAT(layout.find("leaves.0.encoder_trunk.2").shape, ElementsAre(2, 1 * 2 * 5 + 1, 6));
  EXPECT_THAT(layout.find("leaves.1.encoder_mean.0").shape, ElementsAre(2, 7, 3));
  EXPECT_THAT(layout.find("leaves.1.decoder_trunk.0").shape, ElementsAre(2, 4, 2 * 2 * 5));
  EXPECT_THAT(layout.find("leaves.1.decoder_trunk.1").shape, ElementsAre(2, 46, 2));
  EXPECT_THAT(layout.find("leaves.1.decoder_precision.0").shape, ElementsAre(2, 19, 1));
  std::size_t encoders = 0;
  for (const Tensor& tensor : layout.tensors()) {
    if (tensor.name.find("encoder") != std::string::npos) encoders += tensor.size;
  }
  EXPECT_EQ(bank.encoder_parameters(), encoders);
}

// Of numbers that should have mean 0, variance 1 and the given fourth moment: both within five
// standard errors.
void expect_standard_moments(std::span<const float> weights, double deviation, double fourth) {
  double sum = 0;
  double sum_squares = 0;
  for (const float weight : weights) {
    sum += weight / deviation;
    sum_squares += weight / deviation * (weight / deviation);
  }
  const auto count = static_cast<double>(weights.size());
  EXPECT_NEAR(sum / count, 0, 5 / std::sqrt(count));
  EXPECT_NEAR(sum_squares / count, 1, 5 * std::sqrt((fourth - 1) / count));
}

TEST(LeafInitialisation, OfConvolutionsIsUniformWithinGlorotsBound) {
  ParameterLayout layout;
  const LeafBank bank(one_region(64), {8, 8, 1}, 1,
                      {.latent = 30, .network = Network::kConv, .filters = {20, 30}, .dense = 40},
                      layout);
  ParameterBuffer parameters(layout.size(), 99.0F);
  bank.initialise(3, parameters);
  for (const NetworkStack* network : bank.groups()[0].networks.all()) {
    for (const LayerStack& layer : *network) {
      const auto count = static_cast<std::size_t>(layer.inputs * layer.outputs);
      const std::span<const float> tensor(parameters.data() + layer.offset, layer.size());
      EXPECT_THAT(tensor.subspan(count), testing::Each(0.0F));
      if (layer.kind == LayerKind::kDense) {
        expect_standard_moments(tensor.first(count), std::sqrt(2.0 / layer.inputs), 2.37);
        continue;
      }
      const double bound = std::sqrt(6.0 / (9.0 * (layer.in.channels + layer.out.channels)));
      const auto [least, greatest] = std::ranges::minmax(tensor.first(count));
      EXPECT_GE(least, -bound * (1 + 1e-6));
      EXPECT_LE(greatest, bound * (1 + 1e-6));
      // Of n numbers all miss the outer tenth on one side with probability 0.95^n.
      EXPECT_LT(least, -0.9 * bound);
      EXPECT_GT(greatest, 0.9 * bound);
      expect_standard_moments(tensor.first(count), bound / std::sqrt(3.0), 1.8);
    }
  }
}

TEST(LeafInitialisation, IsTruncatedNormalOfTheHeVarianceWithZeroBiases) {
  ParameterLayout layout;
  const LeafBank bank(one_region(64), {1, 64, 1}, 1,
                      {.hidden = 200, .hidden_layers = 2, .latent = 8}, layout);
  ParameterBuffer parameters(layout.size(), 99.0F);
  bank.initialise(3, parameters);
  for (const NetworkStack* network : bank.groups()[0].networks.all()) {
    for (const LayerStack& affine : *network) {
      const auto weights = static_cast<std::size_t>(affine.inputs * affine.outputs);
      const std::span<const float> tensor(parameters.data() + affine.offset, affine.size());
      const double deviation = std::sqrt(2.0 / affine.inputs);
      double largest = 0;
      for (const float weight : tensor.first(weights)) {
        largest = std::max(largest, std::abs(weight / deviation));
      }
      // Scaled to variance 1, the truncated normal has the fourth moment 2.37.
      expect_standard_moments(tensor.first(weights), deviation, 2.37);
      EXPECT_LE(largest, 2 / 0.8796256 + 1e-6);
      EXPECT_GT(largest, 2.1);
      EXPECT_THAT(tensor.subspan(weights), testing::Each(0.0F));
    }
  }
}

TEST(LeafInitialisation, DependsOnSeedTensorLeafAndRow) {
  ParameterLayout layout;
  const LeafBank bank(one_region(6), {1, 6, 1}, 2, {.hidden = 6, .hidden_layers = 1, .latent = 6},
                      layout);
  ParameterBuffer first(layout.size());
  ParameterBuffer again(layout.size());
  ParameterBuffer other(layout.size());
  bank.initialise(1, first);
  bank.initialise(1, again);
  bank.initialise(2, other);
  EXPECT_EQ(first, again);
  std::vector<float> weights;
  for (const ParameterBuffer* buffer : {&first, &other}) {
    for (const float weight : *buffer) {
      if (weight != 0) weights.push_back(weight);
    }
  }
  // All tensors have 6 × 6 weights: 2 seeds, 2 leaves, 4 networks of 2 layers. Two floats of
  // different addresses are equal with probability of about 2^-23, 0.3 of all pairs; one shared
  // address would repeat a row of six.
  ASSERT_EQ(weights.size(), 2U * 2U * 8U * 36U);
  std::ranges::sort(weights);
  const auto distinct = std::ranges::unique(weights).begin() - weights.begin();
  EXPECT_GT(distinct, 2 * 2 * 8 * 36 - 6);
}

TEST(LeafInitialisation, LeavesOtherTensorsAlone) {
  ParameterLayout layout;
  layout.add("before", {2});
  const LeafBank bank(one_region(2), {1, 2, 1}, 1, small_config(), layout);
  layout.add("after", {2});
  ParameterBuffer parameters(layout.size(), 5.0F);
  bank.initialise(1, parameters);
  EXPECT_THAT(std::span(parameters).first(2), testing::Each(5.0F));
  EXPECT_THAT(std::span(parameters).last(2), testing::Each(5.0F));
}

}  // namespace
}  // namespace spvae
