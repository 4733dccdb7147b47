#pragma once

#include <cstddef>
#include <vector>

namespace spvae {

/// What a layer holds or produces, in this order: [height][width][channels]. The features of a
/// dense layer are the channels of a single place.
struct Plane {
  int height = 1;
  int width = 1;
  int channels = 1;
  int places() const { return height * width; }
  int features() const { return places() * channels; }
};

enum class LayerKind { kDense, kConvolution, kTransposedConvolution };

/// Side of every convolution's kernel.
inline constexpr int kKernelSide = 3;

/// How a convolution with "same" padding relates places of its wide side (the input, or a
/// transposed convolution's output) to those of its narrow side: wide = stride·narrow + kernel −
/// before, in each direction. The transposed convolution is the exact adjoint. At an even side
/// stride 2 pads 0 before and 1 after.
struct Padding {
  int rows_before = 0;
  int columns_before = 0;
};

/// Whether experts have a layer of their own, or share it: those of a group, or of all groups.
enum class Sharing { kNone, kOfGroup, kOfAll };

/// One layer of all experts of a group: tensor [experts, inputs + 1, outputs], whose last row is
/// the bias; [1, inputs + 1, outputs] where experts share it. Dense: output_o =
/// Σ_i input_i · t[i][o] + t[inputs][o]. Convolutions, plain and transposed: inputs = 9·(input
/// channels), row (kernel row·3 + kernel column)·(input channels) + channel; outputs = output
/// channels.
struct LayerStack {
  LayerKind kind = LayerKind::kDense;
  std::size_t offset = 0;  ///< of the tensor in the parameter buffer
  int inputs = 0;          ///< rows of an expert's slice without its bias
  int outputs = 0;         ///< columns
  Plane in;
  Plane out;
  int stride = 1;  ///< of a convolution
  Padding padding;
  Sharing sharing = Sharing::kNone;

  bool is_shared() const { return sharing != Sharing::kNone; }
  std::size_t size() const {  ///< floats of one expert
    return static_cast<std::size_t>(inputs + 1) * static_cast<std::size_t>(outputs);
  }
  /// Where those of slot number `slot` begin, as far as from the tensor's first.
  std::size_t slice(int slot) const {
    return is_shared() ? 0 : static_cast<std::size_t>(slot) * size();
  }
  /// The same in the parameter buffer.
  std::size_t at(int slot) const { return offset + slice(slot); }
};

/// A layer without its place in a buffer.
LayerStack dense_layer(const Plane& in, int outputs);
LayerStack convolution_layer(const Plane& in, int channels, int stride);
/// The adjoint of a convolution from `out` (its channels: those of this layer's output) to `in`.
LayerStack transposed_convolution_layer(const Plane& in, const Plane& out, int stride);

/// Layers one after another.
using NetworkStack = std::vector<LayerStack>;

}  // namespace spvae
