#include "spvae/leaves/leaf_gradient.h"

#include <algorithm>

#include "spvae/core/index.h"

namespace spvae {
namespace {

using kernels::kTableCopies;
using kernels::kTile;

// Row tiles of a wave when a pool works on one leaf: at most so many, one for each thread at least,
// and in between as many as stay in a cache of this size. While one wave is computed, threads that
// have nothing to do in it sum the weight gradients of the wave before.
constexpr int kMaxWave = 4;
constexpr std::size_t kWaveBytes = std::size_t{4} << 20;
// Rows of a weight gradient that make one task of a pool.
constexpr int kRowBlock = 48;
// Latent dimensions of the posterior's gradient that make one task of a pool.
constexpr int kLatentBlock = 32;

// Of the decoders' outputs and deltas in a tile.
std::size_t tile_bytes(const LeafGroup& group) {
  std::size_t features = 0;
  const auto add = [&features](const NetworkStack& network) {
    for (const LayerStack& layer : network) features += index(layer.out.features());
  };
  add(group.networks.decoder_trunk);
  for (const NetworkStack& decoder : group.networks.decoders) add(decoder);
  return 2 * features * kTile * sizeof(float);
}

int wave_of(const LeafGroup& group, const ThreadPool* pool) {
  if (pool == nullptr) return 1;
  const auto cached = static_cast<int>(std::min(kWaveBytes / tile_bytes(group), index(kMaxWave)));
  return std::max(pool->threads(), cached);
}

}  // namespace

/// A tile of rows.
struct LeafGradient::RowTape {
  RowTape(const LeafBank& bank, const LeafGroup& group, int latent)
      : pixels(pixel_rows(bank, group) * kTile),
        mean(index(latent) * kTile),
        deviation(index(latent) * kTile),
        dz(index(latent) * kTile),
        row_gradient(kTile),
        decoder(group, latent, true) {}

  // Of gathered rows.
  AlignedVector<float> pixels;
  AlignedVector<float> mean;
  AlignedVector<float> deviation;
  AlignedVector<float> observed_pixels;  // of a batch with missing ones

  const float* x = nullptr;
  const float* observed = nullptr;  // null: all
  kernels::Posterior posterior{};
  std::uint32_t images[kTile]{};
  std::uint32_t samples[kTile]{};
  AlignedVector<float> dz;
  AlignedVector<float> row_gradient;
  // Of this tile, or without a pool of all tiles of an expert.
  std::vector<double> grad_table;  // of the likelihood, [table][kTableCopies]
  DecoderTape decoder;
  // Of learned priors.
  int columns[kTile]{};                // of the batch
  AlignedVector<float> leaf_gradient;  // [leaves][kTile]
  AlignedVector<float> codes;          // transposed, [kTile][padded Z]
  AlignedVector<float> prior_sums;

  void clear_sums() {
    std::ranges::fill(grad_table, 0.0);
    std::ranges::fill(prior_sums, 0.0f);
  }
};

LeafGradient::LeafGradient(const LeafBank& bank, const GroupPlan& plan, float negligible_row,
                           ThreadPool* pool)
    : bank_(bank),
      plan_(plan),
      negligible_row_(negligible_row),
      pool_(pool),
      encoder_layers_(plan.group->networks.encoder_layers()),
      kernel_(bank, plan),
      transposed_(plan, kernel_) {
  for (const PlannedLayer& layer : plan.layers) {
    layers_.push_back(make_layer_gradient(layer));
  }
  const int wave = wave_of(*plan.group, pool);
  // Without a pool nothing runs beside a wave, and one tape stays in the caches.
  const int slots = pool == nullptr ? wave : 2 * wave;
  for (int i = 0; i < slots; ++i) {
    wave_.push_back(std::make_unique<RowTape>(bank, *plan.group, bank.config().latent));
  }
  for (const auto& layer : layers_) layer->reserve(slots);
  if (bank.config().priors == Priors::kStandard) return;
  const std::size_t width = index(kernels::padded(bank.config().latent));
  prior_sums_.resize(index(bank.leaves_of_expert()) * 3 * width);
  for (const auto& tape : wave_) {
    tape->leaf_gradient.resize(index(bank.leaves_of_expert()) * kTile);
    tape->codes.resize(kTile * width);
    tape->prior_sums.resize(prior_sums_.size());
  }
}

LeafGradient::~LeafGradient() = default;

void LeafGradient::run(int tasks, const std::function<void(int)>& body) {
  if (pool_ != nullptr && tasks > 1) {
    pool_->run(tasks, [&](int task, int) { body(task); });
  } else {
    for (int task = 0; task < tasks; ++task) body(task);
  }
}

void LeafGradient::compute(int expert, std::span<const float> parameters,
                           const PreparedParameters& prepared, const Batch& batch,
                           const NoiseKey& noise, int samples, const RowGradient& row_gradient,
                           const ExpertGradient& out) {
  std::ranges::fill(out.table, 0.0);
  std::ranges::fill(prior_sums_, 0.0f);
  const int slot = bank_.slot_of(expert);
  const std::size_t rows = index(samples) * index(batch.stride);
  run(static_cast<int>(layers_.size()), [&](int i) { layers_[index(i)]->clear(); });
  row_gradient_ = observed_rows(expert, batch, row_gradient.of_leaves);
  shares_ = row_gradient.shares;
  samples_ = samples;
  rows_.select(sum_of_leaves(row_gradient_, rows), batch.size, batch.stride, samples,
               negligible_row_);
  if (!rows_.active().empty()) {
    prepare();
    const kernels::Leaf& kernel = kernel_.bind(expert, parameters, prepared);
    run(static_cast<int>(transposed_.layers()),
        [&](int i) { transposed_.update(index(i), parameters, slot); });
    const auto scope = bank_.scope(expert * kernel.leaves);
    run(rows_.active_tiles(), [&](int tile) {
      const auto columns = std::span<const int>(rows_.active()).subspan(index(tile) * kTile);
      EncoderTape& tape = encoders_[index(tile)];
      tape.gather(batch, scope, columns.first(std::min(columns.size(), index(kTile))));
      kernels::table().encode(kernel, tape.pixels.data(), tape.trace(), tape.posterior());
    });
    decode_rows(batch, noise, out.table);
    encode_backward();
  }
  run(static_cast<int>(layers_.size()), [&](int i) {
    const PlannedLayer& layer = plan_.layers[index(i)];
    layers_[index(i)]->store(layer.stack.is_shared()
                                 ? out.shared.data() + layer.shared_offset
                                 : out.parameters.data() + layer.stack.at(slot));
  });
  if (prior_sums_.empty()) return;
  const int leaves = bank_.leaves_of_expert();
  const std::size_t size = prior_sums_.size() / index(leaves);
  for (int j = 0; j < leaves; ++j) {
    const int leaf = expert * leaves + j;
    kernels::table().prior_gradient(prepared.prior(leaf), bank_.config().latent,
                                    prior_sums_.data() + index(j) * size,
                                    bank_.prior_part(out.parameters, leaf).data());
  }
}

std::span<const float> LeafGradient::sum_of_leaves(std::span<const float> row_gradient,
                                                   std::size_t rows) {
  if (row_gradient.size() == rows) return row_gradient;
  total_gradient_.assign(row_gradient.begin(),
                         row_gradient.begin() + static_cast<std::ptrdiff_t>(rows));
  for (std::size_t first = rows; first < row_gradient.size(); first += rows) {
    for (std::size_t i = 0; i < rows; ++i) total_gradient_[i] += row_gradient[first + i];
  }
  return total_gradient_;
}

std::span<const float> LeafGradient::observed_rows(int expert, const Batch& batch,
                                                   std::span<const float> row_gradient) {
  if (batch.observed.empty()) return row_gradient;
  kept_gradient_.assign(row_gradient.begin(), row_gradient.end());
  const auto scope = bank_.scope(expert * bank_.leaves_of_expert());
  for (std::size_t lane = 0; lane < index(batch.stride); ++lane) {
    const bool is_empty = std::ranges::all_of(scope, [&](std::int32_t pixel) {
      return batch.observed[index(pixel) * index(batch.stride) + lane] == 0.0f;
    });
    if (!is_empty) continue;
    for (std::size_t i = lane; i < kept_gradient_.size(); i += index(batch.stride)) {
      kept_gradient_[i] = 0.0f;
    }
  }
  return kept_gradient_;
}

void LeafGradient::prepare() {
  const auto tiles = index(rows_.active_tiles());
  const int latent = bank_.config().latent;
  while (encoders_.size() < tiles) encoders_.emplace_back(bank_, *plan_.group, true);
  while (posterior_gradient_.size() < tiles) {
    posterior_gradient_.emplace_back(index(2 * latent + 1) * kTile);
  }
  for (std::size_t i = 0; i < tiles; ++i) {
    std::fill(posterior_gradient_[i].begin(), posterior_gradient_[i].end(), 0.0f);
  }
  for (std::size_t i = 0; i < encoder_layers_; ++i) layers_[i]->reserve(static_cast<int>(tiles));
}

void LeafGradient::take(const DirectTile& direct, const Batch& batch, RowTape& tape) {
  EncoderTape& source = encoders_[index(direct.tile)];
  tape.x = source.pixels.data();
  tape.observed = source.observed.empty() ? nullptr : source.observed.data();
  tape.posterior = source.posterior();
  const int first = direct.tile * kTile;
  const int active = static_cast<int>(rows_.active().size());
  for (int lane = 0; lane < kTile; ++lane) {
    // Lanes beyond the images repeat the first one, as EncoderTape::gather does.
    const int slot = first + lane < active ? first + lane : first;
    tape.columns[lane] = rows_.active()[index(slot)];
    tape.images[lane] = batch.addresses[index(tape.columns[lane])];
  }
  std::fill_n(tape.samples, kTile, static_cast<std::uint32_t>(direct.sample));
  std::ranges::copy(direct.gradient, tape.row_gradient.begin());
}

void LeafGradient::gather(std::span<const Row> rows, const Batch& batch, RowTape& tape) {
  const float* pixels[kTile];
  const float* observed[kTile];
  const float* mean[kTile];
  const float* deviation[kTile];
  for (int lane = 0; lane < kTile; ++lane) {
    // Lanes beyond the rows repeat the first one with gradient 0.
    const bool used = index(lane) < rows.size();
    const Row& row = used ? rows[index(lane)] : rows[0];
    EncoderTape& source = encoders_[index(row.slot / kTile)];
    const int from = row.slot % kTile;
    pixels[lane] = source.pixels.data() + from;
    observed[lane] = batch.observed.empty() ? nullptr : source.observed.data() + from;
    mean[lane] = source.mean.last_output() + from;
    deviation[lane] = source.deviation.data() + from;
    tape.columns[lane] = rows_.active()[index(row.slot)];
    tape.images[lane] = batch.addresses[index(tape.columns[lane])];
    tape.samples[lane] = static_cast<std::uint32_t>(row.sample);
    tape.row_gradient[index(lane)] = used ? row.gradient : 0.0f;
  }
  const auto copy = [](int features, const float* const* from, AlignedVector<float>& out) {
    for (int f = 0; f < features; ++f) {
      for (int lane = 0; lane < kTile; ++lane) {
        out[index(f) * kTile + index(lane)] = from[lane][index(f) * kTile];
      }
    }
  };
  const int latent = bank_.config().latent;
  copy(static_cast<int>(tape.pixels.size()) / kTile, pixels, tape.pixels);
  copy(latent, mean, tape.mean);
  copy(latent, deviation, tape.deviation);
  tape.x = tape.pixels.data();
  tape.observed = nullptr;
  if (!batch.observed.empty()) {
    tape.observed_pixels.resize(index(plan_.group->variables) * kTile);
    copy(plan_.group->variables, observed, tape.observed_pixels);
    tape.observed = tape.observed_pixels.data();
  }
  tape.posterior = {tape.mean.data(), nullptr, tape.deviation.data(), nullptr};
}

void LeafGradient::add_to_posterior(int first_tile, int count, int first_slot) {
  const int latent = bank_.config().latent;
  const int block = pool_ == nullptr ? latent : kLatentBlock;
  run((latent + block - 1) / block, [&](int task) {
    const int begin = task * block;
    const int end = std::min(begin + block, latent);
    for (int i = 0; i < count; ++i) {
      const int tile = first_tile + i;
      if (rows_.is_direct(tile)) {
        add_to_posterior(rows_.direct(tile), *wave_[index(first_slot + i)], begin, end);
      } else {
        add_to_posterior(rows_.gathered(tile), *wave_[index(first_slot + i)], begin, end);
      }
    }
  });
}

// d log w / d z of a path that holds q's parameters: −log q gives ε/σ. log w depends on them
// through z alone, no longer through the row's −log σ.
void LeafGradient::reparametrise_doubly(int stride, RowTape& tape) const {
  const std::size_t latent = index(bank_.config().latent);
  for (std::size_t lane = 0; lane < kTile; ++lane) {
    const float share = shares_[tape.samples[lane] * index(stride) + index(tape.columns[lane])];
    const float gradient = tape.row_gradient[lane];
    for (std::size_t at = lane; at < latent * kTile; at += kTile) {
      tape.dz[at] =
          share * (tape.dz[at] + gradient * tape.decoder.noise[at] / tape.posterior.deviation[at]);
    }
  }
}

// The sums of the row gradients are counted with dimension 0.
void LeafGradient::add_to_posterior(const DirectTile& direct, const RowTape& tape, int begin,
                                    int end) {
  const std::size_t size = index(bank_.config().latent) * kTile;
  float* grad = posterior_gradient_[index(direct.tile)].data();
  for (std::size_t i = index(begin) * kTile; i < index(end) * kTile; ++i) {
    grad[i] += tape.dz[i];
    grad[size + i] += tape.dz[i] * tape.decoder.noise[i];
  }
  if (begin > 0 || !shares_.empty()) return;
  for (std::size_t lane = 0; lane < kTile; ++lane) grad[2 * size + lane] += tape.row_gradient[lane];
}

void LeafGradient::add_to_posterior(std::span<const Row> rows, const RowTape& tape, int begin,
                                    int end) {
  const int latent = bank_.config().latent;
  for (std::size_t lane = 0; lane < rows.size(); ++lane) {
    const Row& row = rows[lane];
    float* grad = posterior_gradient_[index(row.slot / kTile)].data() + row.slot % kTile;
    for (int i = begin; i < end; ++i) {
      const float dz = tape.dz[index(i) * kTile + lane];
      grad[index(i) * kTile] += dz;
      grad[index(latent + i) * kTile] += dz * tape.decoder.noise[index(i) * kTile + lane];
    }
    if (begin == 0 && shares_.empty()) grad[index(2 * latent) * kTile] += row.gradient;
  }
}

void LeafGradient::decode_rows(const Batch& batch, const NoiseKey& noise,
                               std::span<double> grad_table) {
  const kernels::Noise key{noise.seed, noise.step, static_cast<std::uint32_t>(noise.purpose)};
  const int tiles = rows_.tiles();
  const int wave = wave_of(*plan_.group, pool_);
  int slot = 0;  // of the wave's first tile
  for (const auto& tape : wave_) {
    tape->grad_table.resize(grad_table.size() * kTableCopies);
    tape->clear_sums();
  }
  for (int first = 0; first < tiles; first += wave) {
    const int count = std::min(wave, tiles - first);
    run_beside(count, [&](int i) {
      RowTape& tape = *wave_[index(slot + i)];
      const int tile = first + i;
      if (rows_.is_direct(tile)) {
        take(rows_.direct(tile), batch, tape);
      } else {
        gather(rows_.gathered(tile), batch, tape);
      }
      const kernels::Leaf& leaf = kernel_.leaf();
      const kernels::DecoderTrace trace = tape.decoder.trace();
      kernels::table().decode(leaf, tape.posterior, {tape.images, tape.samples}, key, nullptr,
                              nullptr, trace);
      if (pool_ != nullptr) tape.clear_sums();
      if (leaf.priors != nullptr) gather_leaf_gradients(batch, tape);
      kernels::table().decode_backward(leaf, tape.x, tape.observed, tape.row_gradient.data(),
                                       tape.leaf_gradient.data(), trace, tape.dz.data(),
                                       tape.grad_table.data());
      if (leaf.priors != nullptr) {
        kernels::table().transpose_tile(trace.code, leaf.latent, tape.codes.data());
        kernels::table().add_prior_sums(leaf, tape.leaf_gradient.data(), tape.codes.data(),
                                        tape.prior_sums.data());
      }
      if (!shares_.empty()) reparametrise_doubly(batch.stride, tape);
      std::size_t layer = encoder_layers_;
      const float* shared = record(slot + i, layer, tape.decoder.code.data(), tape.decoder.trunk);
      for (const NetworkTape& head : tape.decoder.heads) record(slot + i, layer, shared, head);
    });
    add_to_posterior(first, count, slot);
    for (int i = 0; pool_ != nullptr && i < count; ++i)
      add_sums(*wave_[index(slot + i)], grad_table);
    defer(encoder_layers_, layers_.size(), slot, slot + count);
    if (pool_ == nullptr) {
      run_beside(0, [](int) {});
    } else {
      slot = wave - slot;
    }
  }
  if (pool_ == nullptr) add_sums(*wave_[0], grad_table);
}

void LeafGradient::add_sums(const RowTape& tape, std::span<double> grad_table) {
  for (std::size_t i = 0; i < tape.grad_table.size(); ++i) {
    grad_table[i / kTableCopies] += tape.grad_table[i];
  }
  std::ranges::transform(tape.prior_sums, prior_sums_, prior_sums_.begin(), std::plus());
}

void LeafGradient::gather_leaf_gradients(const Batch& batch, RowTape& tape) const {
  const std::size_t stride = index(batch.stride);
  for (std::size_t lane = 0; lane < kTile; ++lane) {
    const std::size_t row = tape.samples[lane] * stride + index(tape.columns[lane]);
    // Lanes beyond the rows repeat another one.
    const bool is_used = tape.row_gradient[lane] != 0.0f;
    for (std::size_t at = lane, from = row; at < tape.leaf_gradient.size();
         at += kTile, from += index(samples_) * stride) {
      tape.leaf_gradient[at] = is_used ? row_gradient_[from] : 0.0f;
    }
  }
}

void LeafGradient::encode_backward() {
  const kernels::Leaf& leaf = kernel_.leaf();
  const int tiles = rows_.active_tiles();
  const int latent = leaf.latent;
  run_beside(tiles, [&](int i) {
    EncoderTape& tape = encoders_[index(i)];
    const float* grad = posterior_gradient_[index(i)].data();
    kernels::table().encode_backward(
        leaf, tape.posterior(),
        {grad, grad + index(latent) * kTile, grad + index(2 * latent) * kTile}, tape.trace());
    std::size_t layer = 0;
    const float* shared = record(i, layer, tape.pixels.data(), tape.trunk);
    record(i, layer, shared, tape.mean);
    record(i, layer, shared, tape.precision);
  });
  defer(0, encoder_layers_, 0, tiles);
  run_beside(0, [](int) {});
}

const float* LeafGradient::record(int tile, std::size_t& layer, const float* input,
                                  const NetworkTape& tape) {
  const kernels::NetworkTrace trace = tape.trace();
  for (int i = 0; i < tape.layers(); ++i) {
    layers_[layer++]->record(tile, input, trace.delta[i]);
    input = trace.output[i];
  }
  return input;
}

void LeafGradient::defer(std::size_t first_layer, std::size_t end_layer, int first_tile,
                         int end_tile) {
  for (std::size_t i = first_layer; i < end_layer; ++i) {
    LayerGradient& layer = *layers_[i];
    const int block = pool_ == nullptr ? layer.rows() : kRowBlock;
    for (int first = 0; first < layer.rows(); first += block) {
      deferred_.push_back(
          {&layer, first_tile, end_tile, first, std::min(block, layer.rows() - first)});
    }
  }
}

void LeafGradient::run_beside(int tasks, const std::function<void(int)>& body) {
  run(tasks + static_cast<int>(deferred_.size()), [&](int i) {
    if (i < tasks) return body(i);
    const Sum& sum = deferred_[index(i - tasks)];
    sum.layer->add(sum.first_tile, sum.end_tile, sum.first, sum.count);
  });
  deferred_.clear();
}

}  // namespace spvae
