#pragma once

#include <array>
#include <span>
#include <vector>

#include "spvae/kernels/kernels.h"

namespace spvae {

/// The rows (image, sample) of a leaf that its gradient is computed from, in tiles of
/// kernels::kTile. Keeps its memory between calls.
class RowSelection {
 public:
  /// A row and the factor of its log weight's gradient.
  struct Row {
    int slot;  ///< of its image among the active ones
    int sample;
    float gradient;
  };
  /// A sample of a tile of active images nearly all of whose rows matter, taken as it stands: the
  /// others, none of which had gradient 0, are given it.
  struct DirectTile {
    int tile;  ///< of active images
    int sample;
    std::array<float, kernels::kTile> gradient;
  };

  /// Chooses the rows whose gradient's magnitude is above `negligible` times the leaf's largest;
  /// with a negative `negligible` all rows, those of gradient 0 too. row_gradient [samples, stride]
  /// of the leaf; images `size` … stride − 1 are ignored.
  void select(std::span<const float> row_gradient, int size, int stride, int samples,
              float negligible);

  /// Columns of the batch with a row that matters, ascending.
  const std::vector<int>& active() const { return active_; }
  int active_tiles() const;
  /// Tiles of rows: first the direct ones, then those that are gathered.
  int tiles() const;
  bool is_direct(int tile) const { return tile < static_cast<int>(direct_.size()); }
  const DirectTile& direct(int tile) const { return direct_[static_cast<std::size_t>(tile)]; }
  /// Up to kernels::kTile rows of any images and samples.
  std::span<const Row> gathered(int tile) const;

 private:
  std::vector<int> active_;
  std::vector<DirectTile> direct_;
  std::vector<Row> gathered_;
};

}  // namespace spvae
