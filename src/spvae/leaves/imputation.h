#pragma once

#include "spvae/data/batch.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// What encoders see at pixels that are missing, in training and in queries.
enum class Imputation {
  /// The mean of the observed pixels of the same leaf region, by channel; of all of its channels
  /// where this one has none, and 0 where none has.
  kPatchMean = 0,
  kZero = 1
};

/// Fills the missing variables of a batch (Batch::observed), leaf region by leaf region; those of a
/// pixel are its channels. A batch in which all are observed stays as it is.
void impute(const RegionGraph& graph, int channels, Imputation imputation, Batch& batch);

}  // namespace spvae
