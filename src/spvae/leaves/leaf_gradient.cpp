#include "spvae/leaves/leaf_gradient.h"

#include <algorithm>
#include <cmath>

namespace spvae {
namespace {

using kernels::kTile;

// Row tiles that are in memory at a time when a pool works on one leaf.
constexpr int kWave = 8;
// Rows of a weight gradient that make one task of a pool.
constexpr int kRowBlock = 48;

std::size_t index(int i) { return static_cast<std::size_t>(i); }

int tiles_of(std::size_t rows) { return static_cast<int>((rows + kTile - 1) / kTile); }

}  // namespace

/// The weight gradient of one layer, [inputs + 1, outputs], summed over tiles with the side along
/// the vectors that needs less padding.
class LeafGradient::LayerGradient {
 public:
  explicit LayerGradient(const LayerStack& layer) : layer_(layer) {
    const int inputs = layer.inputs + 1;
    along_inputs_ =
        kernels::padded(inputs) * layer.outputs < kernels::padded(layer.outputs) * inputs;
    rows_ = along_inputs_ ? layer.outputs : inputs;
    columns_ = along_inputs_ ? inputs : layer.outputs;
    sum_.resize(index(rows_) * index(kernels::padded(columns_)));
  }

  int rows() const { return rows_; }
  int width() const { return kernels::padded(columns_); }
  void clear() { std::fill(sum_.begin(), sum_.end(), 0.0f); }

  /// Keeps tile number `tile`: input [inputs + 1][kTile] and delta [outputs][kTile] must stay.
  void record(int tile, const float* input, const float* delta) {
    Tile& slot = tiles_[index(tile)];
    slot.rows = along_inputs_ ? delta : input;
    kernels::table().transpose_tile(along_inputs_ ? input : delta, columns_,
                                    slot.transposed.data());
  }
  void reserve(int tiles) {
    while (tiles_.size() < index(tiles)) {
      tiles_.push_back({nullptr, AlignedVector<float>(index(kTile) * index(width()))});
    }
  }

  /// Adds recorded tiles 0 … tiles − 1, in order, to rows [first, first + count).
  void add(int tiles, int first, int count) {
    float* sum = sum_.data() + index(first) * index(width());
    for (int tile = 0; tile < tiles; ++tile) {
      const Tile& slot = tiles_[index(tile)];
      kernels::table().outer_products(slot.rows + index(first) * index(kTile), count,
                                      slot.transposed.data(), width(), sum);
    }
  }

  void store(int leaf_slot, std::span<float> grad) const {
    float* out = grad.data() + layer_.offset + index(leaf_slot) * layer_.size();
    const int outputs = layer_.outputs;
    for (int row = 0; row < rows_; ++row) {
      const float* sum = sum_.data() + index(row) * index(width());
      if (along_inputs_) {
        for (int i = 0; i < columns_; ++i) out[index(i) * index(outputs) + index(row)] = sum[i];
      } else {
        std::copy_n(sum, outputs, out + index(row) * index(outputs));
      }
    }
  }

 private:
  struct Tile {
    const float* rows;
    AlignedVector<float> transposed;
  };

  LayerStack layer_;
  bool along_inputs_;
  int rows_;
  int columns_;
  AlignedVector<float> sum_;
  std::vector<Tile> tiles_;
};

/// A tile of gathered rows.
struct LeafGradient::RowTape {
  RowTape(const LeafGroup& group, int latent)
      : pixels(index(group.pixels) * kTile),
        mean(index(latent) * kTile),
        deviation(index(latent) * kTile),
        dz(index(latent) * kTile),
        row_gradient(kTile),
        decoder(group, latent, true) {}

  AlignedVector<float> pixels;
  AlignedVector<float> mean;
  AlignedVector<float> deviation;
  AlignedVector<float> dz;
  AlignedVector<float> row_gradient;
  DecoderTape decoder;
};

LeafGradient::LeafGradient(const LeafBank& bank, int group, float negligible_row, ThreadPool* pool)
    : bank_(bank),
      group_(bank.groups()[index(group)]),
      negligible_row_(negligible_row),
      pool_(pool),
      encoder_layers_(group_.networks.encoder_mean.size() + group_.networks.encoder_precision.size()) {
  for (const NetworkStack* network : group_.networks.all()) {
    for (const LayerStack& layer : *network) {
      layers_.emplace_back(layer);
      transposed_.emplace_back(index(layer.inputs) * index(layer.outputs));
    }
  }
  const int wave = pool == nullptr ? 1 : kWave;
  for (int i = 0; i < wave; ++i) {
    wave_.push_back(std::make_unique<RowTape>(group_, bank.config().latent));
  }
  for (LayerGradient& layer : layers_) layer.reserve(wave);
}

LeafGradient::~LeafGradient() = default;

void LeafGradient::run(int tasks, const std::function<void(int)>& body) {
  if (pool_ != nullptr && tasks > 1) {
    pool_->run(tasks, [&](int task, int) { body(task); });
  } else {
    for (int task = 0; task < tasks; ++task) body(task);
  }
}

void LeafGradient::compute(int leaf, std::span<const float> parameters, const Batch& batch,
                           const NoiseKey& noise, int samples, std::span<const float> row_gradient,
                           std::span<float> grad) {
  for (LayerGradient& layer : layers_) layer.clear();
  select_rows(batch.size, batch.stride, samples, row_gradient);
  if (!rows_.empty()) {
    kernels::Leaf kernel = kernel_leaf(bank_, leaf, parameters);
    transpose_weights(kernel);
    const auto scope = bank_.scope(leaf);
    run(tiles_of(active_.size()), [&](int tile) {
      const auto columns = std::span<const int>(active_).subspan(index(tile) * kTile);
      EncoderTape& tape = encoders_[index(tile)];
      tape.gather(batch, scope, columns.first(std::min(columns.size(), index(kTile))));
      kernels::table().encode(kernel, tape.pixels.data(), tape.traces, tape.posterior());
    });
    decode_rows(kernel, batch, noise);
    encode_backward(kernel);
  }
  const int slot = bank_.slot_of(leaf);
  run(static_cast<int>(layers_.size()), [&](int i) { layers_[index(i)].store(slot, grad); });
}

void LeafGradient::select_rows(int size, int stride, int samples,
                               std::span<const float> row_gradient) {
  active_.clear();
  rows_.clear();
  const auto at = [&](int sample, int image) {
    return row_gradient[index(sample) * index(stride) + index(image)];
  };
  float largest = 0.0f;
  for (int s = 0; s < samples; ++s) {
    for (int b = 0; b < size; ++b) largest = std::max(largest, std::abs(at(s, b)));
  }
  const float threshold = negligible_row_ * largest;
  for (int b = 0; b < size; ++b) {
    for (int s = 0; s < samples; ++s) {
      if (std::abs(at(s, b)) > threshold) {
        active_.push_back(b);
        break;
      }
    }
  }
  for (int s = 0; s < samples; ++s) {
    for (int slot = 0; slot < static_cast<int>(active_.size()); ++slot) {
      const float gradient = at(s, active_[index(slot)]);
      if (std::abs(gradient) > threshold) rows_.push_back({slot, s, gradient});
    }
  }
  const auto tiles = index(tiles_of(active_.size()));
  const int latent = bank_.config().latent;
  while (encoders_.size() < tiles) encoders_.emplace_back(group_, latent, true);
  while (posterior_gradient_.size() < tiles) {
    posterior_gradient_.emplace_back(index(2 * latent + 1) * kTile);
  }
  for (std::size_t i = 0; i < tiles; ++i) {
    std::fill(posterior_gradient_[i].begin(), posterior_gradient_[i].end(), 0.0f);
  }
  for (std::size_t i = 0; i < encoder_layers_; ++i) layers_[i].reserve(static_cast<int>(tiles));
}

void LeafGradient::transpose_weights(kernels::Leaf& leaf) {
  std::vector<kernels::Affine*> affine;
  const auto collect = [&](kernels::Mlp& mlp) {
    for (int i = 0; i < mlp.count; ++i) affine.push_back(&mlp.layers[i]);
  };
  collect(leaf.encoder_mean);
  collect(leaf.encoder_precision);
  for (int head = 0; head < leaf.heads; ++head) collect(leaf.decoders[head]);
  run(static_cast<int>(affine.size()), [&](int i) {
    kernels::Affine& layer = *affine[index(i)];
    float* out = transposed_[index(i)].data();
    kernels::table().transpose(layer.weights, layer.inputs, layer.outputs, out);
    layer.transposed = out;
  });
}

void LeafGradient::replay(const kernels::Leaf& leaf, const Batch& batch, const NoiseKey& noise,
                          std::span<const Row> rows, RowTape& tape) {
  std::uint32_t images[kTile];
  std::uint32_t samples[kTile];
  EncoderTape* sources[kTile];
  int lanes[kTile];
  for (int lane = 0; lane < kTile; ++lane) {
    // Lanes beyond the rows repeat the first one with gradient 0.
    const bool used = index(lane) < rows.size();
    const Row& row = used ? rows[index(lane)] : rows[0];
    images[lane] = batch.indices[index(active_[index(row.slot)])];
    samples[lane] = static_cast<std::uint32_t>(row.sample);
    sources[lane] = &encoders_[index(row.slot / kTile)];
    lanes[lane] = row.slot % kTile;
    tape.row_gradient[index(lane)] = used ? row.gradient : 0.0f;
  }
  const auto gather = [&](int features, const auto& source, AlignedVector<float>& out) {
    const float* from[kTile];
    for (int lane = 0; lane < kTile; ++lane) from[lane] = source(*sources[lane]) + lanes[lane];
    for (int f = 0; f < features; ++f) {
      for (int lane = 0; lane < kTile; ++lane) {
        out[index(f) * kTile + index(lane)] = from[lane][index(f) * kTile];
      }
    }
  };
  gather(leaf.pixels, [](EncoderTape& e) { return e.pixels.data(); }, tape.pixels);
  gather(leaf.latent, [](EncoderTape& e) { return e.mlps[0].last_output(); }, tape.mean);
  gather(leaf.latent, [](EncoderTape& e) { return e.deviation.data(); }, tape.deviation);

  const kernels::Posterior posterior{tape.mean.data(), nullptr, tape.deviation.data(), nullptr};
  const kernels::DecoderTrace trace = tape.decoder.trace();
  kernels::table().decode(leaf, posterior, {images, samples},
                          {noise.seed, noise.step, static_cast<std::uint32_t>(noise.purpose)},
                          trace);
  kernels::table().decode_backward(leaf, tape.pixels.data(), tape.row_gradient.data(), trace,
                                   tape.dz.data());
}

void LeafGradient::add_to_posterior(std::span<const Row> rows, const RowTape& tape) {
  const int latent = bank_.config().latent;
  for (std::size_t lane = 0; lane < rows.size(); ++lane) {
    const Row& row = rows[lane];
    float* grad = posterior_gradient_[index(row.slot / kTile)].data() + row.slot % kTile;
    for (int i = 0; i < latent; ++i) {
      const float dz = tape.dz[index(i) * kTile + lane];
      grad[index(i) * kTile] += dz;
      grad[index(latent + i) * kTile] += dz * tape.decoder.noise[index(i) * kTile + lane];
    }
    grad[index(2 * latent) * kTile] += row.gradient;
  }
}

void LeafGradient::decode_rows(const kernels::Leaf& leaf, const Batch& batch,
                               const NoiseKey& noise) {
  const int tiles = tiles_of(rows_.size());
  const int wave = static_cast<int>(wave_.size());
  const auto rows_of = [&](int tile) {
    const auto rest = std::span<const Row>(rows_).subspan(index(tile) * kTile);
    return rest.first(std::min(rest.size(), index(kTile)));
  };
  for (int first = 0; first < tiles; first += wave) {
    const int count = std::min(wave, tiles - first);
    run(count, [&](int i) {
      RowTape& tape = *wave_[index(i)];
      replay(leaf, batch, noise, rows_of(first + i), tape);
      std::size_t layer = encoder_layers_;
      for (std::size_t head = 0; head < tape.decoder.heads.size(); ++head) {
        const kernels::MlpTrace& trace = tape.decoder.heads[head].trace();
        const float* input = tape.decoder.code.data();
        for (int l = 0; l < leaf.decoders[head].count; ++l) {
          layers_[layer++].record(i, input, trace.delta[l]);
          input = trace.output[l];
        }
      }
    });
    for (int i = 0; i < count; ++i) add_to_posterior(rows_of(first + i), *wave_[index(i)]);
    accumulate(encoder_layers_, layers_.size(), count);
  }
}

void LeafGradient::encode_backward(const kernels::Leaf& leaf) {
  const int tiles = tiles_of(active_.size());
  const int latent = leaf.latent;
  run(tiles, [&](int i) {
    EncoderTape& tape = encoders_[index(i)];
    const float* grad = posterior_gradient_[index(i)].data();
    kernels::table().encode_backward(
        leaf, tape.posterior(),
        {grad, grad + index(latent) * kTile, grad + index(2 * latent) * kTile}, tape.traces);
    std::size_t layer = 0;
    const kernels::Mlp* mlps[] = {&leaf.encoder_mean, &leaf.encoder_precision};
    for (std::size_t network = 0; network < 2; ++network) {
      const float* input = tape.pixels.data();
      for (int l = 0; l < mlps[network]->count; ++l) {
        layers_[layer++].record(i, input, tape.traces[network].delta[l]);
        input = tape.traces[network].output[l];
      }
    }
  });
  accumulate(0, encoder_layers_, tiles);
}

void LeafGradient::accumulate(std::size_t first_layer, std::size_t end_layer, int tiles) {
  struct Task {
    LayerGradient* layer;
    int first;
    int count;
  };
  std::vector<Task> tasks;
  for (std::size_t i = first_layer; i < end_layer; ++i) {
    LayerGradient& layer = layers_[i];
    const int block = pool_ == nullptr ? layer.rows() : kRowBlock;
    for (int first = 0; first < layer.rows(); first += block) {
      tasks.push_back({&layer, first, std::min(block, layer.rows() - first)});
    }
  }
  run(static_cast<int>(tasks.size()), [&](int i) {
    const Task& task = tasks[index(i)];
    task.layer->add(tiles, task.first, task.count);
  });
}

}  // namespace spvae
