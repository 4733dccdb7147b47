#include "flops.h"

#include <gtest/gtest.h>

#include "spvae/model/spvae.h"

namespace spvae::bench {
namespace {

TEST(Flops, OfAConvolutionCountTheTapsInsideOfThePlaneAlone) {
  // A row of 3 places has 2 + 3 + 2 taps inside at stride 1.
  EXPECT_EQ(multiply_adds(convolution_layer({3, 3, 2}, 5, 1)), 7 * 7 * 2 * 5);
  EXPECT_EQ(multiply_adds(transposed_convolution_layer({3, 3, 2}, {3, 3, 5}, 1)), 7 * 7 * 2 * 5);
  // At stride 2 a side of 4 pads 0 before and 1 after: places 0 1 2 and 2 3.
  EXPECT_EQ(multiply_adds(convolution_layer({4, 4, 1}, 3, 2)), 5 * 5 * 1 * 3);
}

TEST(Flops, OfAnMlpLeafAreThoseCountedByHand) {
  const Spvae vae({.structure = Structure::kSingleRegion,
                   .height = 2,
                   .width = 3,
                   .leaf = {.hidden = 5, .latent = 4}});
  const LeafFlops flops = leaf_flops(vae.leaves());
  const double encoder = 2.0 * (6 * 5 + 5 * 5 + 5 * 4);
  const double decoder = 2.0 * (4 * 5 + 5 * 5 + 5 * 6);
  EXPECT_EQ(flops.encode, 2 * encoder);
  EXPECT_EQ(flops.decode, 2 * decoder);
  EXPECT_EQ(flops.encode_gradient, 2 * (2 * encoder - 2.0 * 6 * 5));
  EXPECT_EQ(flops.decode_gradient, 2 * 2 * decoder);
}

TEST(Flops, OfAConvolutionalLeafAreThoseCountedByHand) {
  const Spvae spvae({.height = 6,
                     .width = 3,
                     .delta = 3,
                     .leaf = {.latent = 4,
                              .likelihood = Likelihood::kBinomial,
                              .network = Network::kConv,
                              .filters = {2, 3},
                              .stride = 1,
                              .dense = 5}});
  const LeafFlops flops = leaf_flops(spvae.leaves());  // 2 super-pixels of 3 × 3, 2 leaves each
  const double first = 2.0 * 49 * 1 * 2;
  const double second = 2.0 * 49 * 2 * 3;
  const double flat = 2.0 * 27 * 5;
  const double heads = 2 * 2.0 * 5 * 4;
  EXPECT_EQ(flops.encode, 4 * (first + second + flat + heads));
  EXPECT_EQ(flops.encode_gradient, 4 * (first + 2 * (second + flat + heads)));
  EXPECT_EQ(flops.decode, 4 * (2.0 * 4 * 27 + second + first));
  EXPECT_EQ(flops.decode_gradient, 2 * flops.decode);
}

}  // namespace
}  // namespace spvae::bench
