#include "flops.h"

#include <cstddef>

namespace spvae::bench {
namespace {

// Pairs of a place of the narrow side and a place of the kernel that meet within the wide side.
int taps(int narrow, int wide, int stride, int before) {
  int count = 0;
  for (int place = 0; place < narrow; ++place) {
    for (int kernel = 0; kernel < kKernelSide; ++kernel) {
      const int at = stride * place + kernel - before;
      if (at >= 0 && at < wide) ++count;
    }
  }
  return count;
}

double flops(const NetworkStack& network) {
  double sum = 0;
  for (const LayerStack& layer : network) sum += 2 * multiply_adds(layer);
  return sum;
}

// What the gradient of the network's input costs.
double input_gradient_flops(const NetworkStack& network) {
  return network.empty() ? 0.0 : 2 * multiply_adds(network.front());
}

// Of the encoder's first layers alone no input gradient is needed.
double pixel_gradient_flops(const LeafNetworks& networks) {
  if (!networks.encoder_trunk.empty()) return input_gradient_flops(networks.encoder_trunk);
  return input_gradient_flops(networks.encoder_mean) +
         input_gradient_flops(networks.encoder_precision);
}

}  // namespace

double multiply_adds(const LayerStack& layer) {
  if (layer.kind == LayerKind::kDense) {
    return static_cast<double>(layer.inputs) * static_cast<double>(layer.outputs);
  }
  const bool plain = layer.kind == LayerKind::kConvolution;
  const Plane& wide = plain ? layer.in : layer.out;
  const Plane& narrow = plain ? layer.out : layer.in;
  const int rows = taps(narrow.height, wide.height, layer.stride, layer.padding.rows_before);
  const int columns = taps(narrow.width, wide.width, layer.stride, layer.padding.columns_before);
  return static_cast<double>(rows) * columns * layer.in.channels * layer.out.channels;
}

LeafFlops leaf_flops(const LeafBank& bank) {
  LeafFlops sum;
  for (const LeafGroup& group : bank.groups()) {
    const LeafNetworks& networks = group.networks;
    const double encode = flops(networks.encoder_trunk) + flops(networks.encoder_mean) +
                          flops(networks.encoder_precision);
    double decode = flops(networks.decoder_trunk);
    for (const NetworkStack& decoder : networks.decoders) decode += flops(decoder);
    const auto experts = static_cast<double>(group.experts.size());
    sum.encode += experts * encode;
    sum.decode += experts * decode;
    sum.encode_gradient += experts * (2 * encode - pixel_gradient_flops(networks));
    sum.decode_gradient += experts * 2 * decode;
  }
  return sum;
}

}  // namespace spvae::bench
