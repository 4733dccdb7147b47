#include "spvae/leaves/leaf_tape.h"

#include <algorithm>
#include <cassert>

namespace spvae {
namespace {

using kernels::kTile;

constexpr std::size_t tile_floats(int features) {
  return static_cast<std::size_t>(features) * static_cast<std::size_t>(kTile);
}

AlignedVector<float> tile_with_ones(int features) {
  AlignedVector<float> tile(tile_floats(features + 1));
  std::fill(tile.end() - kTile, tile.end(), 1.0f);
  return tile;
}

kernels::Mlp kernel_mlp(const NetworkStack& stack, int slot, std::span<const float> parameters) {
  assert(stack.size() <= kernels::kMaxLayers);
  kernels::Mlp mlp;
  for (const LayerStack& layer : stack) {
    mlp.layers[mlp.count++] = {
        parameters.data() + layer.offset + static_cast<std::size_t>(slot) * layer.size(), nullptr,
        layer.inputs, layer.outputs};
  }
  return mlp;
}

}  // namespace

kernels::Leaf kernel_leaf(const LeafBank& bank, int leaf, std::span<const float> parameters) {
  const LeafGroup& group = bank.groups()[static_cast<std::size_t>(bank.group_of(leaf))];
  const int slot = bank.slot_of(leaf);
  kernels::Leaf result;
  result.index = static_cast<std::uint32_t>(leaf);
  result.pixels = group.pixels;
  result.latent = bank.config().latent;
  result.likelihood = static_cast<kernels::Likelihood>(bank.config().likelihood);
  result.identity_mean = bank.config().mean_link == MeanLink::kIdentity;
  result.heads = static_cast<int>(group.networks.decoders.size());
  result.encoder_mean = kernel_mlp(group.networks.encoder_mean, slot, parameters);
  result.encoder_precision = kernel_mlp(group.networks.encoder_precision, slot, parameters);
  for (std::size_t head = 0; head < group.networks.decoders.size(); ++head) {
    result.decoders[head] = kernel_mlp(group.networks.decoders[head], slot, parameters);
  }
  return result;
}

MlpTape::MlpTape(const NetworkStack& mlp, bool with_deltas) : layers_(static_cast<int>(mlp.size())) {
  std::size_t size = 0;
  for (const LayerStack& layer : mlp) {
    size += tile_floats(layer.outputs + 1) + (with_deltas ? tile_floats(layer.outputs) : 0);
  }
  memory_.resize(size);
  float* next = memory_.data();
  for (std::size_t i = 0; i < mlp.size(); ++i) {
    trace_.output[i] = next;
    next += tile_floats(mlp[i].outputs + 1);
    if (with_deltas) {
      trace_.delta[i] = next;
      next += tile_floats(mlp[i].outputs);
    }
  }
}

EncoderTape::EncoderTape(const LeafGroup& group, int latent, bool with_deltas)
    : pixels(tile_with_ones(group.pixels)),
      mlps{{group.networks.encoder_mean, with_deltas}, {group.networks.encoder_precision, with_deltas}},
      traces{mlps[0].trace(), mlps[1].trace()},
      deviation(tile_floats(latent)),
      half_log_precision(kTile) {}

void EncoderTape::load(const Batch& batch, std::span<const std::int32_t> scope, int first_lane) {
  float* out = pixels.data();
  for (const std::int32_t pixel : scope) {
    const auto row = static_cast<std::size_t>(pixel) * static_cast<std::size_t>(batch.stride);
    std::copy_n(batch.values.data() + row + first_lane, kTile, out);
    out += kTile;
  }
}

void EncoderTape::gather(const Batch& batch, std::span<const std::int32_t> scope,
                         std::span<const int> columns) {
  int lanes[kTile];
  std::fill(std::copy(columns.begin(), columns.end(), lanes), lanes + kTile, columns.front());
  float* out = pixels.data();
  for (const std::int32_t pixel : scope) {
    const float* row = batch.values.data() +
                       static_cast<std::size_t>(pixel) * static_cast<std::size_t>(batch.stride);
    for (int lane = 0; lane < kTile; ++lane) out[lane] = row[lanes[lane]];
    out += kTile;
  }
}

kernels::Posterior EncoderTape::posterior() {
  return {mlps[0].last_output(), mlps[1].last_output(), deviation.data(),
          half_log_precision.data()};
}

DecoderTape::DecoderTape(const LeafGroup& group, int latent, bool with_deltas)
    : noise(tile_floats(latent)), code(tile_with_ones(latent)) {
  for (const NetworkStack& decoder : group.networks.decoders) heads.emplace_back(decoder, with_deltas);
}

kernels::DecoderTrace DecoderTape::trace() {
  kernels::DecoderTrace result{noise.data(), code.data(), {}};
  for (std::size_t head = 0; head < heads.size(); ++head) {
    result.decoders[head] = heads[head].trace();
  }
  return result;
}

}  // namespace spvae
