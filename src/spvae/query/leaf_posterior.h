#pragma once

#include <span>
#include <vector>

#include "spvae/data/batch.h"
#include "spvae/leaves/leaf_bank.h"
#include "spvae/model/spvae.h"
#include "spvae/reference/leaf_reference.h"

namespace spvae {

/// A model's parameters as the reference's functions take them.
std::vector<double> wide_parameters(const Spvae& model);

/// Whether anything of a leaf is observed, of image `lane` of a batch.
bool is_observed(const LeafBank& bank, const Batch& batch, int leaf, int lane);

/// q(z | x) of a leaf for image `lane` of a batch; its encoder sees the batch's values at all
/// pixels. Where nothing of the leaf is observed, the prior: that is the posterior.
LeafPosterior posterior_of(const LeafBank& bank, std::span<const double> parameters,
                           const Batch& batch, int leaf, int lane);

}  // namespace spvae
