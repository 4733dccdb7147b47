#include "spvae/leaves/layer.h"

#include <algorithm>
#include <cassert>

namespace spvae {
namespace {

int narrow_side(int side, int stride) { return (side + stride - 1) / stride; }

int padding_before(int side, int stride) {
  return std::max((narrow_side(side, stride) - 1) * stride + kKernelSide - side, 0) / 2;
}

Padding same_padding(const Plane& wide, int stride) {
  return {padding_before(wide.height, stride), padding_before(wide.width, stride)};
}

LayerStack convolution(LayerKind kind, const Plane& in, const Plane& out, int stride,
                       const Plane& wide) {
  LayerStack layer;
  layer.kind = kind;
  layer.inputs = kKernelSide * kKernelSide * in.channels;
  layer.outputs = out.channels;
  layer.in = in;
  layer.out = out;
  layer.stride = stride;
  layer.padding = same_padding(wide, stride);
  return layer;
}

}  // namespace

LayerStack dense_layer(const Plane& in, int outputs) {
  LayerStack layer;
  layer.inputs = in.features();
  layer.outputs = outputs;
  layer.in = in;
  layer.out = {1, 1, outputs};
  return layer;
}

LayerStack convolution_layer(const Plane& in, int channels, int stride) {
  const Plane out{narrow_side(in.height, stride), narrow_side(in.width, stride), channels};
  return convolution(LayerKind::kConvolution, in, out, stride, in);
}

LayerStack transposed_convolution_layer(const Plane& in, const Plane& out, int stride) {
  assert(in.height == narrow_side(out.height, stride) &&
         in.width == narrow_side(out.width, stride));
  return convolution(LayerKind::kTransposedConvolution, in, out, stride, out);
}

}  // namespace spvae
