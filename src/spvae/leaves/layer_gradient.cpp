#include "spvae/leaves/layer_gradient.h"

#include <algorithm>

#include "spvae/core/index.h"

namespace spvae {
namespace {

using kernels::kPartials;
using kernels::kTile;

/// [inputs + 1, outputs], with the side along the vectors that needs less padding: that side of a
/// tile is transposed, the other broadcast.
class DenseGradient final : public LayerGradient {
 public:
  explicit DenseGradient(const LayerStack& layer) : layer_(layer) {
    const int inputs = layer.inputs + 1;
    along_inputs_ =
        kernels::padded(inputs) * layer.outputs < kernels::padded(layer.outputs) * inputs;
    rows_ = along_inputs_ ? layer.outputs : inputs;
    columns_ = along_inputs_ ? inputs : layer.outputs;
    sum_.resize(index(rows_) * index(width()));
  }

  int rows() const override { return rows_; }
  void clear() override { std::fill(sum_.begin(), sum_.end(), 0.0f); }

  void reserve(int tiles) override {
    while (tiles_.size() < index(tiles)) {
      tiles_.push_back({nullptr, AlignedVector<float>(index(kTile) * index(width()))});
    }
  }

  void record(int tile, const float* input, const float* delta) override {
    Tile& slot = tiles_[index(tile)];
    slot.rows = along_inputs_ ? delta : input;
    kernels::table().transpose_tile(along_inputs_ ? input : delta, columns_,
                                    slot.transposed.data());
  }

  void add(int first_tile, int end_tile, int first, int count) override {
    float* sum = sum_.data() + index(first) * index(width());
    for (int tile = first_tile; tile < end_tile; ++tile) {
      const Tile& slot = tiles_[index(tile)];
      kernels::table().outer_products(slot.rows + index(first) * index(kTile), count,
                                      slot.transposed.data(), width(), sum);
    }
  }

  void store(float* out) const override {
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

  int width() const { return kernels::padded(columns_); }

  LayerStack layer_;
  bool along_inputs_;
  int rows_;
  int columns_;
  AlignedVector<float> sum_;
  std::vector<Tile> tiles_;
};

/// [9·channels + 1, outputs]: each weight meets many places, so that its products are summed lane
/// by lane over all of them and folded at the end; nothing is transposed.
class ConvolutionGradient final : public LayerGradient {
 public:
  explicit ConvolutionGradient(const PlannedLayer& layer)
      : layer_(layer), partial_(layer.stack.size() * kPartials) {}

  int rows() const override { return layer_.stack.inputs + 1; }
  void clear() override { std::fill(partial_.begin(), partial_.end(), 0.0f); }
  void reserve(int tiles) override { tiles_.resize(std::max(tiles_.size(), index(tiles))); }
  void record(int tile, const float* input, const float* delta) override {
    tiles_[index(tile)] = {input, delta};
  }

  void add(int first_tile, int end_tile, int first, int count) override {
    const int channels = layer_.stack.in.channels;
    const int outputs = layer_.stack.outputs;
    const int end = first + count;
    for (int row = first; row < end;) {
      const int number = row / channels;  // the last row is the bias's, its tap has one channel
      const int channel = row % channels;
      const bool bias = row == layer_.stack.inputs;
      const int rows_of_tap = bias ? 1 : std::min(channels - channel, end - row);
      const kernels::Tap& tap = layer_.wiring.taps()[index(number)];
      for (int tile = first_tile; tile < end_tile; ++tile) {
        const Tile& slot = tiles_[index(tile)];
        kernels::table().tap_products(tap, slot.input + index(tap.input + channel) * kTile,
                                      rows_of_tap, slot.delta + index(tap.delta) * kTile, outputs,
                                      partial_.data() + index(row) * index(outputs) * kPartials);
      }
      row += rows_of_tap;
    }
  }

  void store(float* out) const override {
    kernels::table().fold_partials(partial_.data(), layer_.stack.size(), out);
  }

 private:
  struct Tile {
    const float* input;
    const float* delta;
  };

  const PlannedLayer& layer_;
  AlignedVector<float> partial_;
  std::vector<Tile> tiles_;
};

}  // namespace

std::unique_ptr<LayerGradient> make_layer_gradient(const PlannedLayer& layer) {
  if (layer.stack.kind == LayerKind::kDense) return std::make_unique<DenseGradient>(layer.stack);
  return std::make_unique<ConvolutionGradient>(layer);
}

}  // namespace spvae
