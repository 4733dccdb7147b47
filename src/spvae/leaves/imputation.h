#pragma once

#include "spvae/data/batch.h"
#include "spvae/structure/region_graph.h"

namespace spvae {

/// What encoders see at pixels that are missing, in training and in queries.
enum class Imputation {
  kPatchMean = 0,  ///< the mean of the observed pixels of the same leaf region; 0 where none is
  kZero = 1
};

/// Fills the missing pixels of a batch (Batch::observed), leaf region by leaf region. A batch in
/// which all pixels are observed stays as it is.
void impute(const RegionGraph& graph, Imputation imputation, Batch& batch);

}  // namespace spvae
