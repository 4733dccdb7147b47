#include "spvae/leaves/leaf_tape.h"

#include <algorithm>

#include "spvae/core/index.h"

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

}  // namespace

NetworkTape::NetworkTape(const NetworkStack& network, bool with_deltas) {
  std::size_t size = 0;
  for (const LayerStack& layer : network) {
    const int features = layer.out.features();
    size += tile_floats(features + 1) + (with_deltas ? tile_floats(features) : 0);
  }
  memory_.resize(size);
  float* next = memory_.data();
  for (const LayerStack& layer : network) {
    const int features = layer.out.features();
    output_.push_back(next);
    next += tile_floats(features);
    next = std::fill_n(next, kTile, 1.0f);
    if (with_deltas) {
      delta_.push_back(next);
      next += tile_floats(features);
    }
  }
}

std::size_t pixel_rows(const LeafBank& bank, const LeafGroup& group) {
  const int planes = kernels::table().pixel_planes(bank.config().likelihood);
  return index(group.variables) * index(1 + planes) + 1;
}

EncoderTape::EncoderTape(const LeafBank& bank, const LeafGroup& group, bool with_deltas)
    : pixels(pixel_rows(bank, group) * kTile),
      trunk(group.networks.encoder_trunk, with_deltas),
      mean(group.networks.encoder_mean, with_deltas),
      precision(group.networks.encoder_precision, with_deltas),
      deviation(tile_floats(bank.config().latent)),
      half_log_precision(kTile) {
  std::fill_n(pixels.data() + tile_floats(group.variables), kTile, 1.0f);
}

void EncoderTape::load(const Batch& batch, std::span<const std::int32_t> scope, int first_lane) {
  const auto copy = [&](const AlignedVector<float>& from, float* out) {
    for (const std::int32_t pixel : scope) {
      const auto row = static_cast<std::size_t>(pixel) * static_cast<std::size_t>(batch.stride);
      std::copy_n(from.data() + row + first_lane, kTile, out);
      out += kTile;
    }
  };
  copy(batch.values, pixels.data());
  observed.resize(batch.observed.empty() ? 0 : tile_floats(static_cast<int>(scope.size())));
  if (!observed.empty()) copy(batch.observed, observed.data());
}

void EncoderTape::gather(const Batch& batch, std::span<const std::int32_t> scope,
                         std::span<const int> columns) {
  int lanes[kTile];
  std::fill(std::copy(columns.begin(), columns.end(), lanes), lanes + kTile, columns.front());
  const auto copy = [&](const AlignedVector<float>& from, float* out) {
    for (const std::int32_t pixel : scope) {
      const float* row =
          from.data() + static_cast<std::size_t>(pixel) * static_cast<std::size_t>(batch.stride);
      for (int lane = 0; lane < kTile; ++lane) out[lane] = row[lanes[lane]];
      out += kTile;
    }
  };
  copy(batch.values, pixels.data());
  observed.resize(batch.observed.empty() ? 0 : tile_floats(static_cast<int>(scope.size())));
  if (!observed.empty()) copy(batch.observed, observed.data());
}

bool EncoderTape::is_empty(int lane) const {
  for (std::size_t i = static_cast<std::size_t>(lane); i < observed.size(); i += kTile) {
    if (observed[i] != 0.0f) return false;
  }
  return !observed.empty();
}

kernels::Posterior EncoderTape::posterior() {
  return {mean.last_output(), precision.last_output(), deviation.data(), half_log_precision.data()};
}

DecoderTape::DecoderTape(const LeafGroup& group, int latent, bool with_deltas)
    : noise(tile_floats(latent)),
      code(tile_with_ones(latent)),
      trunk(group.networks.decoder_trunk, with_deltas) {
  for (const NetworkStack& decoder : group.networks.decoders) {
    heads.emplace_back(decoder, with_deltas);
    traces.push_back(heads.back().trace());
    outputs.push_back(heads.back().last_output());
    output_deltas.push_back(heads.back().last_delta());
  }
}

kernels::DecoderTrace DecoderTape::trace() {
  return {noise.data(),  code.data(),    trunk.trace(),
          traces.data(), outputs.data(), output_deltas.data()};
}

}  // namespace spvae
