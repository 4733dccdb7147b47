#include "spvae/leaves/wiring.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace spvae {
namespace {

// A product: feature of the output's place, feature of the input, row of the weights. For taps: the
// pair of features and the row of the gradient.
using Connections = std::multiset<std::tuple<int, int, int>>;

enum class Direction { kForward, kBackward };

// From the definition: wide = stride · narrow + kernel − before.
Connections defined(const LayerStack& layer, Direction direction) {
  const bool plain = layer.kind == LayerKind::kConvolution;
  const Plane& wide = plain ? layer.in : layer.out;
  const Plane& narrow = plain ? layer.out : layer.in;
  const bool forward = direction == Direction::kForward;
  const int from_channels = forward ? layer.in.channels : layer.out.channels;
  const int to_channels = forward ? layer.out.channels : layer.in.channels;
  Connections all;
  for (int y = 0; y < wide.height; ++y) {
    for (int x = 0; x < wide.width; ++x) {
      for (int r = 0; r < narrow.height; ++r) {
        for (int c = 0; c < narrow.width; ++c) {
          const int kernel_row = y - layer.stride * r + layer.padding.rows_before;
          const int kernel_column = x - layer.stride * c + layer.padding.columns_before;
          if (kernel_row < 0 || kernel_row >= kKernelSide || kernel_column < 0 ||
              kernel_column >= kKernelSide) {
            continue;
          }
          const int wide_place = y * wide.width + x;
          const int narrow_place = r * narrow.width + c;
          const int in = plain ? wide_place : narrow_place;
          const int out = plain ? narrow_place : wide_place;
          const int kernel = kernel_row * kKernelSide + kernel_column;
          for (int channel = 0; channel < from_channels; ++channel) {
            all.insert({(forward ? out : in) * to_channels,
                        (forward ? in : out) * from_channels + channel,
                        kernel * from_channels + channel});
          }
        }
      }
    }
  }
  return all;
}

Connections walked(const kernels::Wiring& wiring) {
  Connections all;
  for (int g = 0; g < wiring.group_count; ++g) {
    const kernels::PlaceGroup& group = wiring.groups[g];
    for (int place = 0; place < group.places; ++place) {
      for (int r = 0; r < group.runs; ++r) {
        const kernels::Run& run = wiring.runs[group.first_run + r];
        for (int i = 0; i < run.length; ++i) {
          all.insert({group.output + place * group.output_step,
                      group.input + place * group.input_step + run.input + i, run.weight + i});
        }
      }
    }
  }
  return all;
}

// Outputs that some group writes, each once.
std::multiset<int> written(const kernels::Wiring& wiring) {
  std::multiset<int> all;
  for (int g = 0; g < wiring.group_count; ++g) {
    const kernels::PlaceGroup& group = wiring.groups[g];
    for (int place = 0; place < group.places; ++place) {
      all.insert(group.output + place * group.output_step);
    }
  }
  return all;
}

std::multiset<int> places(const Plane& plane) {
  std::multiset<int> all;
  for (int place = 0; place < plane.places(); ++place) all.insert(place * plane.channels);
  return all;
}

Connections of_taps(const LayerStack& layer, const std::vector<kernels::Tap>& taps) {
  Connections all;
  for (int kernel = 0; kernel < kKernelSide * kKernelSide; ++kernel) {
    const kernels::Tap& tap = taps[static_cast<std::size_t>(kernel)];
    for (int r = 0; r < tap.rows; ++r) {
      for (int c = 0; c < tap.columns; ++c) {
        for (int channel = 0; channel < layer.in.channels; ++channel) {
          all.insert({tap.delta + r * tap.delta_row + c * tap.delta_column,
                      tap.input + r * tap.input_row + c * tap.input_column + channel,
                      kernel * layer.in.channels + channel});
        }
      }
    }
  }
  return all;
}

std::vector<LayerStack> convolutions() {
  std::vector<LayerStack> layers;
  for (const int stride : {1, 2, 3, 4}) {
    for (const auto& [height, width] : {std::pair{1, 1}, {1, 6}, {7, 7}, {8, 5}, {9, 2}}) {
      const LayerStack plain = convolution_layer({height, width, 3}, 2, stride);
      layers.push_back(plain);
      layers.push_back(transposed_convolution_layer(plain.out, {height, width, 3}, stride));
    }
  }
  return layers;
}

TEST(LayerWiring, WalksTheConnectionsOfItsDefinition) {
  for (const LayerStack& layer : convolutions()) {
    const LayerWiring wiring(layer);
    EXPECT_EQ(walked(wiring.forward()), defined(layer, Direction::kForward));
    EXPECT_EQ(walked(wiring.backward()), defined(layer, Direction::kBackward));
    EXPECT_EQ(of_taps(layer, wiring.taps()), defined(layer, Direction::kForward));
  }
}

// Also places that nothing reaches, at strides beyond the kernel's side: they get the bias.
TEST(LayerWiring, WritesEveryPlaceOnce) {
  for (const LayerStack& layer : convolutions()) {
    const LayerWiring wiring(layer);
    EXPECT_EQ(written(wiring.forward()), places(layer.out));
    EXPECT_EQ(written(wiring.backward()), places(layer.in));
  }
}

TEST(LayerWiring, TakesAKernelsRowAsOneRunAtStrideOne) {
  const LayerWiring wiring(convolution_layer({5, 5, 4}, 2, 1));
  const kernels::Wiring forward = wiring.forward();
  // Corners, edges and the middle: nine kinds of places.
  int longest = 0;
  for (int g = 0; g < forward.group_count; ++g) {
    const kernels::PlaceGroup& group = forward.groups[g];
    EXPECT_LE(group.runs, kKernelSide);
    longest = std::max(longest, forward.runs[group.first_run].length);
  }
  EXPECT_EQ(longest, 4 * kKernelSide);
}

TEST(LayerWiring, OfADenseLayerIsOnePlaceWithAllInputs) {
  const LayerWiring wiring(dense_layer({2, 3, 4}, 7));
  EXPECT_EQ(wiring.forward().group_count, 0);
  EXPECT_EQ(wiring.forward().inputs, 24);
  EXPECT_EQ(wiring.backward().inputs, 7);
  EXPECT_TRUE(wiring.taps().empty());
}

}  // namespace
}  // namespace spvae
