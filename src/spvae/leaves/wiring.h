#pragma once

#include <vector>

#include "spvae/kernels/kernels.h"
#include "spvae/leaves/layer.h"

namespace spvae {

/// A layer's connections as the kernels walk them, forward, back and for the weights' gradient.
/// What it hands out points into it.
class LayerWiring {
 public:
  explicit LayerWiring(const LayerStack& layer);

  kernels::Wiring forward() const { return forward_.view(); }
  kernels::Wiring backward() const { return backward_.view(); }
  /// Of a convolution: one for each place of the kernel, then one for the bias, whose input is the
  /// row of ones behind the features. Empty for a dense layer.
  const std::vector<kernels::Tap>& taps() const { return taps_; }

 private:
  struct Storage {
    std::vector<kernels::PlaceGroup> groups;
    std::vector<kernels::Run> runs;
    std::int32_t inputs = 0;  // of a dense layer
    kernels::Wiring view() const {
      return {groups.data(), static_cast<std::int32_t>(groups.size()), runs.data(), inputs};
    }
  };
  struct Connection;

  static Storage wire(const std::vector<Connection>& connections, const Plane& from,
                      const Plane& to);

  Storage forward_;
  Storage backward_;
  std::vector<kernels::Tap> taps_;
};

}  // namespace spvae
