#include "spvae/reference/network_reference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

#include "spvae/core/random.h"

namespace spvae {
namespace {

using Vector = std::vector<double>;

Vector normals(std::size_t count, std::uint32_t seed) {
  Vector result(count);
  for (std::size_t i = 0; i < count; ++i) {
    result[i] = random_normal({.seed = seed}, static_cast<std::uint32_t>(i));
  }
  return result;
}

Vector features(const Plane& plane, std::uint32_t seed) {
  return normals(static_cast<std::size_t>(plane.features()), seed);
}

Vector apply(const LayerStack& layer, const Vector& weights, const Vector& in) {
  return network_forward({layer}, LastLayer::kLinear, 0, weights, in).back();
}

double inner_product(const Vector& a, const Vector& b) {
  EXPECT_EQ(a.size(), b.size());
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

struct Sides {
  int height;
  int width;
  int stride;
};

void PrintTo(const Sides& sides, std::ostream* out) {
  *out << sides.height << "x" << sides.width << " stride " << sides.stride;
}

std::vector<Sides> all_sides() {
  std::vector<Sides> result;
  for (const int height : {1, 2, 3, 4, 7, 8}) {
    for (const int width : {1, 2, 5, 6}) {
      for (int stride = 1; stride <= 3; ++stride) result.push_back({height, width, stride});
    }
  }
  return result;
}

class ConvolutionOf : public testing::TestWithParam<Sides> {};

INSTANTIATE_TEST_SUITE_P(SidesAndStrides, ConvolutionOf, testing::ValuesIn(all_sides()));

TEST_P(ConvolutionOf, HasTheTransposedOneAsAdjoint) {
  const auto& [height, width, stride] = GetParam();
  const Plane wide{height, width, 2};
  const LayerStack convolution = convolution_layer(wide, 3, stride);
  const Plane narrow = convolution.out;
  const LayerStack transposed = transposed_convolution_layer(narrow, wide, stride);
  // The same taps with the channels' parts exchanged; biases are zero.
  Vector weights = normals(convolution.size(), 1);
  std::fill_n(weights.end() - convolution.outputs, convolution.outputs, 0.0);
  Vector exchanged(transposed.size());
  for (std::size_t tap = 0; tap < 9; ++tap) {
    for (std::size_t wide_channel = 0; wide_channel < 2; ++wide_channel) {
      for (std::size_t channel = 0; channel < 3; ++channel) {
        exchanged[(tap * 3 + channel) * 2 + wide_channel] =
            weights[(tap * 2 + wide_channel) * 3 + channel];
      }
    }
  }
  const Vector x = features(wide, 2);
  const Vector y = features(narrow, 3);
  EXPECT_NEAR(inner_product(apply(convolution, weights, x), y),
              inner_product(x, apply(transposed, exchanged, y)), 1e-12 * 100);
}

TEST_P(ConvolutionOf, ReadsTheNeighbourOfEachTapAndZerosBeyondTheEdge) {
  const auto& [height, width, stride] = GetParam();
  const LayerStack layer = convolution_layer({height, width, 1}, 1, stride);
  const Vector x = features(layer.in, 4);
  for (int tap = 0; tap < 9; ++tap) {
    Vector weights(layer.size());
    weights[static_cast<std::size_t>(tap)] = 1;
    weights.back() = 0.5;
    const Vector out = apply(layer, weights, x);
    for (int row = 0; row < layer.out.height; ++row) {
      for (int column = 0; column < layer.out.width; ++column) {
        const int y = stride * row + tap / 3 - layer.padding.rows_before;
        const int z = stride * column + tap % 3 - layer.padding.columns_before;
        const bool inside = y >= 0 && y < height && z >= 0 && z < width;
        const double neighbour = inside ? x[static_cast<std::size_t>(y * width + z)] : 0;
        EXPECT_EQ(out[static_cast<std::size_t>(row * layer.out.width + column)], neighbour + 0.5);
      }
    }
  }
}

TEST(ConvolutionWithAMiddleTapAlone, IsADenseLayerForEveryPixel) {
  const Plane in{3, 4, 2};
  const Plane out{3, 4, 5};
  const LayerStack dense = dense_layer({1, 1, 2}, 5);
  const Vector x = features(in, 5);
  const Vector dense_weights = normals(dense.size(), 6);
  for (const LayerStack& layer :
       {convolution_layer(in, 5, 1), transposed_convolution_layer(in, out, 1)}) {
    Vector weights(layer.size());
    std::copy_n(dense_weights.begin(), 2 * 5, weights.begin() + std::ptrdiff_t{4} * 2 * 5);
    std::copy_n(dense_weights.end() - 5, 5, weights.end() - 5);
    const Vector result = apply(layer, weights, x);
    for (std::size_t place = 0; place < 12; ++place) {
      const auto begin = x.begin() + static_cast<std::ptrdiff_t>(place * 2);
      const Vector expected = apply(dense, dense_weights, Vector(begin, begin + 2));
      for (std::size_t channel = 0; channel < 5; ++channel) {
        EXPECT_NEAR(result[place * 5 + channel], expected[channel], 1e-14);
      }
    }
  }
}

}  // namespace
}  // namespace spvae
