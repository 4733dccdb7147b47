#include "spvae/leaves/row_selection.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "spvae/core/index.h"

namespace spvae {
namespace {

using kernels::kTile;

// Rows of a tile that must matter for it to be taken as it stands: gathering the others' share into
// dense tiles would cost more than computing it.
constexpr int kDirectRows = 30;

int tiles_of(std::size_t rows) { return static_cast<int>((rows + kTile - 1) / kTile); }

}  // namespace

void RowSelection::select(std::span<const float> row_gradient, int size, int stride, int samples,
                          float negligible) {
  active_.clear();
  direct_.clear();
  gathered_.clear();
  const auto at = [&](int sample, int image) {
    return row_gradient[static_cast<std::size_t>(sample) * static_cast<std::size_t>(stride) +
                        static_cast<std::size_t>(image)];
  };
  float largest = 0.0f;
  for (int s = 0; s < samples; ++s) {
    for (int b = 0; b < size; ++b) largest = std::max(largest, std::abs(at(s, b)));
  }
  const float threshold = negligible < 0 ? -1.0f : negligible * largest;
  const auto matters = [threshold](float gradient) { return std::abs(gradient) > threshold; };
  for (int b = 0; b < size; ++b) {
    for (int s = 0; s < samples; ++s) {
      if (matters(at(s, b))) {
        active_.push_back(b);
        break;
      }
    }
  }
  const int active = static_cast<int>(active_.size());
  for (int first = 0; first < active; first += kTile) {
    const int count = std::min(kTile, active - first);
    for (int s = 0; s < samples; ++s) {
      DirectTile direct{first / kTile, s, {}};
      int found = 0;
      bool impossible = false;
      for (int i = 0; i < count; ++i) {
        const float gradient = at(s, active_[index(first + i)]);
        if (!matters(gradient)) {
          impossible = impossible || gradient == 0;
          continue;
        }
        direct.gradient[index(i)] = gradient;
        ++found;
      }
      // A row of weight 0 may have overflowed, and 0 · ∞ is no gradient.
      if (found >= kDirectRows && !impossible) {
        direct_.push_back(direct);
        continue;
      }
      for (int i = 0; i < count; ++i) {
        const float gradient = at(s, active_[index(first + i)]);
        if (matters(gradient)) gathered_.push_back({first + i, s, gradient});
      }
    }
  }
}

int RowSelection::active_tiles() const { return tiles_of(active_.size()); }

int RowSelection::tiles() const {
  return static_cast<int>(direct_.size()) + tiles_of(gathered_.size());
}

std::span<const RowSelection::Row> RowSelection::gathered(int tile) const {
  const std::size_t first = (static_cast<std::size_t>(tile) - direct_.size()) * kTile;
  const auto rest = std::span<const Row>(gathered_).subspan(first);
  return rest.first(std::min<std::size_t>(rest.size(), kTile));
}

}  // namespace spvae
