#include "spvae/leaves/layer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "spvae/leaves/networks.h"

namespace spvae {
namespace {

struct Geometry {
  int narrow;
  int before;
  int after;
};

// Of one direction; the other is of another size and must not matter.
Geometry geometry(int side, int stride) {
  const LayerStack rows = convolution_layer({side, 5, 2}, 3, stride);
  const LayerStack columns = convolution_layer({6, side, 2}, 3, stride);
  EXPECT_EQ(rows.out.height, columns.out.width);
  EXPECT_EQ(rows.padding.rows_before, columns.padding.columns_before);
  // The last kernel ends `after` places beyond the side.
  const int end = stride * (rows.out.height - 1) + kKernelSide - rows.padding.rows_before;
  return {rows.out.height, rows.padding.rows_before, end - side};
}

TEST(Convolution, WithSamePaddingHasTheSizesOfThePaper) {
  EXPECT_EQ(geometry(28, 1).narrow, 28);
  EXPECT_EQ(geometry(28, 2).narrow, 14);
  EXPECT_EQ(geometry(14, 2).narrow, 7);
  EXPECT_EQ(geometry(7, 2).narrow, 4);
  EXPECT_EQ(geometry(32, 2).narrow, 16);
  EXPECT_EQ(geometry(16, 2).narrow, 8);
  EXPECT_EQ(geometry(1, 2).narrow, 1);
  EXPECT_EQ(geometry(7, 3).narrow, 3);
}

TEST(Convolution, PadsEquallyOrOnePlaceMoreBehind) {
  for (int side = 1; side <= 32; ++side) {
    const Geometry dense = geometry(side, 1);
    EXPECT_EQ(dense.before, 1) << side;
    EXPECT_EQ(dense.after, 1) << side;
    const Geometry halved = geometry(side, 2);
    EXPECT_EQ(halved.before, side % 2 == 0 ? 0 : 1) << side;
    EXPECT_EQ(halved.after, 1) << side;
  }
  // Kernels that skip places may end before the side does.
  EXPECT_EQ(geometry(8, 4).before, 0);
  EXPECT_EQ(geometry(8, 4).after, -1);
}

TEST(Convolution, HasARowForEveryTapAndChannelAndAColumnForEveryOutputChannel) {
  const LayerStack layer = convolution_layer({7, 4, 3}, 5, 2);
  EXPECT_EQ(layer.inputs, 27);
  EXPECT_EQ(layer.outputs, 5);
  EXPECT_EQ(layer.size(), 28U * 5U);
  EXPECT_EQ(layer.out.features(), 4 * 2 * 5);
  const LayerStack back = transposed_convolution_layer(layer.out, layer.in, 2);
  EXPECT_EQ(back.inputs, 45);
  EXPECT_EQ(back.outputs, 3);
  EXPECT_EQ(back.out.features(), 7 * 4 * 3);
  EXPECT_EQ(back.padding.rows_before, layer.padding.rows_before);
  EXPECT_EQ(back.padding.columns_before, layer.padding.columns_before);
}

TEST(Networks, KnowTheirLargestLayer) {
  const auto largest = [](const LeafConfig& config) {
    std::int64_t units = 0;
    const LeafNetworks networks = leaf_networks(config, {6, 4, 1});
    for (const NetworkStack* network : networks.all()) {
      for (const LayerStack& layer : *network) {
        units = std::max(
            {units, std::int64_t{layer.in.features()}, std::int64_t{layer.out.features()}});
      }
    }
    return units;
  };
  const LeafConfig mlp{.hidden = 5, .latent = 3};
  const LeafConfig conv{.latent = 3, .network = Network::kConv, .filters = {2, 3}, .dense = 4};
  for (LeafConfig config : {mlp, conv}) {
    EXPECT_EQ(largest_layer(config, {6, 4, 1}), largest(config));
    config.hidden = config.dense = 100;
    EXPECT_EQ(largest_layer(config, {6, 4, 1}), largest(config));
    config.latent = 200;
    EXPECT_EQ(largest_layer(config, {6, 4, 1}), largest(config));
    config.filters.first = 300;
    config.stride = 2;
    EXPECT_EQ(largest_layer(config, {6, 4, 1}), largest(config));
  }
  // Far beyond an int.
  EXPECT_EQ(largest_layer({.network = Network::kConv, .filters = {1, 65536}}, {4096, 4096, 1}),
            std::int64_t{1} << 40);
}

}  // namespace
}  // namespace spvae
